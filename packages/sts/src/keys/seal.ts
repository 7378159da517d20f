import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { KeyWrapper, WrapContext } from './key-wrapper.js'

const VERSION = 1
const KEY_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16
const LENGTH_BYTES = 2
const MAX_WRAPPED_BYTES = 8_192

/** The longest sealed document that anybody reads, in bytes: some hundred RSA keys. */
export const MAX_SEALED_BYTES = 1_048_576

/**
 * Seals a document: `version ‖ length ‖ wrapped key ‖ IV ‖ AES-256-GCM(document) ‖ tag`, under a key that is made for this one document
 * and wrapped.
 *
 * Name and version are associated data of both: what somebody puts under another name, or calls newer than it is, does not open.
 */
export async function seal(wrapper: KeyWrapper, context: WrapContext, document: Uint8Array): Promise<Uint8Array> {
  const key = randomBytes(KEY_BYTES)
  try {
    const wrapped = await wrapper.wrap(key, context)
    if (!(wrapped instanceof Uint8Array) || wrapped.length < 1 || wrapped.length > MAX_WRAPPED_BYTES)
      throw new TypeError(`A key wrapper gives 1 to ${MAX_WRAPPED_BYTES} bytes`)
    const head = Buffer.alloc(1 + LENGTH_BYTES)
    head[0] = VERSION
    head.writeUInt16BE(wrapped.length, 1)
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES }).setAAD(toData(context))
    const parts = [head, wrapped, iv, cipher.update(document), cipher.final()]
    return Buffer.concat([...parts, cipher.getAuthTag()])
  } finally {
    key.fill(0)
  }
}

/** Opens a document. `undefined` for what was not sealed by us under this name and version; rejects where the wrapper does. */
export async function open(
  wrapper: KeyWrapper,
  context: WrapContext,
  sealed: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (sealed.length > MAX_SEALED_BYTES || sealed[0] !== VERSION) return undefined
  const wrappedAt = 1 + LENGTH_BYTES
  const ivAt = wrappedAt + (sealed[1] ?? 0) * 256 + (sealed[2] ?? 0)
  const tagAt = sealed.length - TAG_BYTES
  if (tagAt < ivAt + IV_BYTES) return undefined
  const key = await wrapper.unwrap(sealed.subarray(wrappedAt, ivAt), context)
  if (key === undefined || key.length !== KEY_BYTES) return undefined
  try {
    const iv = sealed.subarray(ivAt, ivAt + IV_BYTES)
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES })
    decipher.setAAD(toData(context)).setAuthTag(sealed.subarray(tagAt))
    return Buffer.concat([decipher.update(sealed.subarray(ivAt + IV_BYTES, tagAt)), decipher.final()])
  } catch {
    return undefined
  } finally {
    key.fill(0)
  }
}

function toData({ name, version }: WrapContext): Buffer {
  return Buffer.from(`signing keys ${VERSION} ${Buffer.byteLength(name)}:${name} ${version}`)
}
