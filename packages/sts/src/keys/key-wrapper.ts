import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { invalid, secret } from '@countersign/core/adapter'

/**
 * What a wrapped key belongs to: text that is authenticated together with it, fit for the encryption context of a KMS. `version`
 * is a decimal number.
 */
export type WrapContext = Readonly<Record<'name' | 'version', string>>

/**
 * Wraps the key that seals the signing keys: 32 bytes at a time, whenever a signing key changes, so that any KMS will do.
 *
 * It must authenticate: who can reach the store but not this must not be able to make anything that `unwrap` takes.
 */
export interface KeyWrapper {
  /** At most 8,192 bytes come out. Rejects where it cannot say. */
  wrap(bytes: Uint8Array, context: WrapContext): Promise<Uint8Array>
  /** `undefined` for what was not wrapped by us in this very context. Rejects where it cannot say: an outage, not a verdict. */
  unwrap(bytes: Uint8Array, context: WrapContext): Promise<Uint8Array | undefined>
}

const VERSION = 1
const IV_BYTES = 12
const TAG_BYTES = 16
const HEAD_BYTES = 1 + IV_BYTES

/**
 * Wraps with secrets of this process: AES-256-GCM, its key from a secret by HKDF-SHA256, an IV of 96 random bits. The context is
 * associated data.
 *
 * @param secrets 1 to 8, each of at least 32 bytes, the same on every replica: the first wraps, all unwrap. Text counts by its UTF-8
 * @throws ConfigurationError for others
 */
export function localKeyWrapper(secrets: readonly (string | Uint8Array)[]): KeyWrapper {
  const keys = readSecrets(secrets).map((bytes) =>
    Buffer.from(hkdfSync('sha256', bytes, '', 'countersign signing keys v1', 32)),
  )
  const [first = randomBytes(32)] = keys
  return {
    async wrap(bytes, context) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', first, iv, { authTagLength: TAG_BYTES }).setAAD(toData(context))
      const sealed = [cipher.update(bytes), cipher.final()]
      return Buffer.concat([Buffer.of(VERSION), iv, ...sealed, cipher.getAuthTag()])
    },
    async unwrap(bytes, context) {
      if (bytes.length < HEAD_BYTES + TAG_BYTES || bytes[0] !== VERSION) return undefined
      return firstOf(keys, (key) => decrypt(key, toData(context), bytes))
    },
  }
}

function firstOf<T, R>(list: readonly T[], toResult: (item: T) => R | undefined): R | undefined {
  for (const item of list) {
    const result = toResult(item)
    if (result !== undefined) return result
  }
  return undefined
}

/** Each part with its length before it: no two contexts read alike. */
function toData({ name, version }: WrapContext): Buffer {
  return Buffer.from(`${VERSION} ${Buffer.byteLength(name)}:${name} ${Buffer.byteLength(version)}:${version}`)
}

function decrypt(key: Buffer, data: Buffer, bytes: Uint8Array): Buffer | undefined {
  const tagAt = bytes.length - TAG_BYTES
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, HEAD_BYTES), { authTagLength: TAG_BYTES })
    decipher.setAAD(data).setAuthTag(bytes.subarray(tagAt))
    return Buffer.concat([decipher.update(bytes.subarray(HEAD_BYTES, tagAt)), decipher.final()])
  } catch {
    return undefined
  }
}

function readSecrets(secrets: unknown): readonly Uint8Array[] {
  if (!Array.isArray(secrets) || secrets.length < 1 || secrets.length > 8) {
    const fix = 'The first wraps, and each is tried to unwrap: drop the oldest.'
    throw invalid({ option: 'secrets', got: secrets, wants: 'a list of 1 to 8 secrets', fix, secret: true })
  }
  return Array.from(secrets, (value: unknown, index) => secret.read(value, `secrets[${index}]`))
}
