import { createPrivateKey, createPublicKey } from 'node:crypto'
import { toKid, toPublicJwk } from './generate-key.js'
import type { KeyRecord, PublicJwk, Ring } from './ring.js'
import type { SigningAlgorithm } from './signing-keys.js'

const FORMAT = 1
const STATES: readonly unknown[] = ['pending', 'active', 'retiring', 'revoked']

/** The curve, or the kind, of the key that each algorithm signs with. */
const KINDS: Readonly<Record<SigningAlgorithm, string>> = {
  ES256: 'P-256',
  ES384: 'P-384',
  Ed25519: 'Ed25519',
  RS256: 'RSA',
  PS256: 'RSA',
}

/** A ring as bytes, before it is sealed. */
export function encodeRing({ version, records }: Ring, name: string): Uint8Array {
  return Buffer.from(JSON.stringify({ format: FORMAT, name, version, records }))
}

/**
 * Decodes a ring. `undefined` for whatever is not one of this name and version, down to every record: a `kid` that is not the
 * thumbprint of its key, a private part that is not that of the public one, or a key in a state that has none.
 */
export async function decodeRing(bytes: Uint8Array, name: string, version: number): Promise<Ring | undefined> {
  const document = parse(bytes)
  if (document === undefined) return undefined
  const { format, name: innerName, version: innerVersion, records } = document
  if (format !== FORMAT || innerName !== name || innerVersion !== version || !Array.isArray(records)) return undefined
  const decoded = await Promise.all(records.map(decodeRecord))
  const found = decoded.filter((record) => record !== undefined)
  const kids = new Set(found.map(({ kid }) => kid))
  return found.length === records.length && kids.size === records.length ? { version, records: found } : undefined
}

function parse(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

async function decodeRecord(value: unknown): Promise<KeyRecord | undefined> {
  if (!isObject(value)) return undefined
  const { kid, algorithm, state, sinceMs, publicJwk, privateKey } = value
  if (typeof kid !== 'string' || typeof sinceMs !== 'number' || !Number.isFinite(sinceMs)) return undefined
  if (!isAlgorithm(algorithm) || !isState(state)) return undefined
  const head = { kid, algorithm, state, sinceMs }
  if (state === 'revoked') {
    const isBare = publicJwk === undefined && privateKey === undefined
    return isBare ? { ...head, publicJwk: undefined, privateKey: undefined } : undefined
  }
  const hasPrivate = state !== 'retiring'
  if (hasPrivate !== (typeof privateKey === 'string')) return undefined
  try {
    const key = createPublicKey({ key: publicJwk as never, format: 'jwk' })
    const own = toPublicJwk(key)
    if ((own.kty === 'RSA' ? own.kty : own.crv) !== KINDS[algorithm] || (await toKid(own)) !== kid) return undefined
    const text = typeof privateKey === 'string' ? privateKey : undefined
    if (text !== undefined && !isPair(text, own)) return undefined
    return { ...head, publicJwk: own, privateKey: text }
  } catch {
    return undefined
  }
}

function isPair(privateKey: string, publicJwk: PublicJwk): boolean {
  const der = Buffer.from(privateKey, 'base64url')
  const own = toPublicJwk(createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })))
  der.fill(0)
  return JSON.stringify(own) === JSON.stringify(publicJwk)
}

function isAlgorithm(value: unknown): value is SigningAlgorithm {
  return typeof value === 'string' && Object.hasOwn(KINDS, value)
}

function isState(value: unknown): value is KeyRecord['state'] {
  return STATES.includes(value)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
