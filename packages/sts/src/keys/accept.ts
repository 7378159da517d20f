import type { VersionedBytes } from '@countersign/core'
import type { HeldRing } from './held-ring.js'
import type { KeyWrapper } from './key-wrapper.js'
import type { Ring } from './ring.js'
import { decodeRing } from './ring-document.js'
import { MAX_SEALED_BYTES, open } from './seal.js'

/**
 * Why a document is not taken. `unopened`: not sealed by us under this name and version, or not a ring. `set-back`: the store has
 * a lower version than this process has seen, or none.
 */
export type Refusal = 'unopened' | 'set-back'

/** What a document is to a process that holds a ring, or none. */
export type Judgement =
  | { readonly kind: 'none' }
  | { readonly kind: 'same' }
  | { readonly kind: 'ring'; readonly ring: Ring; readonly bytes: Uint8Array }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/**
 * Judges what a store gave: whoever can write to it, and has no wrapping key, gets nothing past this, neither a key of their own nor
 * an older document of ours.
 *
 * Another document of the version that is held, sealed by us, is taken: a store that failed over may lose a write, and have
 * the number given again. What was revoked stays revoked in this process whatever the document says.
 */
export async function judge(
  document: VersionedBytes | undefined,
  held: HeldRing | undefined,
  wrapper: KeyWrapper,
  name: string,
): Promise<Judgement> {
  if (document === undefined) return held === undefined ? { kind: 'none' } : { kind: 'refused', refusal: 'set-back' }
  const { version, bytes } = document
  if (!isDocument(document)) return { kind: 'refused', refusal: 'unopened' }
  if (held !== undefined) {
    if (version < held.ring.version) return { kind: 'refused', refusal: 'set-back' }
    if (version === held.ring.version && Buffer.compare(bytes, held.bytes) === 0) return { kind: 'same' }
  }
  const plain = await open(wrapper, { name, version: String(version) }, bytes)
  const ring = plain && (await decodeRing(plain, name, version))
  plain?.fill(0)
  return ring === undefined ? { kind: 'refused', refusal: 'unopened' } : { kind: 'ring', ring, bytes }
}

function isDocument({ version, bytes }: VersionedBytes): boolean {
  const isVersion = Number.isSafeInteger(version) && version >= 1
  return isVersion && bytes instanceof Uint8Array && bytes.length <= MAX_SEALED_BYTES
}
