import { randomBytes } from 'node:crypto'
import { createTestClock } from '@countersign/testing'
import type { TestClock } from '@countersign/testing'
import { localKeyWrapper } from '../../src/index.js'
import type { KeyWrapper, SigningKeysOptions } from '../../src/index.js'
import { createKeeper } from '../../src/keys/keeper.js'
import type { Keeper } from '../../src/keys/keeper.js'
import { readSigningKeysOptions } from '../../src/keys/option-tables.js'
import { decodeRing } from '../../src/keys/ring-document.js'
import type { Ring } from '../../src/keys/ring.js'
import { open } from '../../src/keys/seal.js'
import { createRecorder, createTestLogger, createTestStore, START_MS } from './parts.js'
import type { TestRecorder, TestStore } from './parts.js'

export const wrapper: KeyWrapper = localKeyWrapper([randomBytes(32)])

/** A keeper on a store and a clock of the test. */
export interface Replica extends Keeper {
  readonly store: TestStore
  readonly clock: TestClock
  readonly audit: TestRecorder
  readonly log: string[]
  /** The `kid` that signs, and those that are published. */
  readonly signer: string | undefined
  readonly published: readonly string[]
}

type Parts = Partial<Pick<Replica, 'store' | 'clock' | 'audit'>>

export function createReplica(parts: Parts = {}, options: Partial<SigningKeysOptions> = {}): Replica {
  const { store = createTestStore(), clock = createTestClock(START_MS), audit = createRecorder() } = parts
  const logger = createTestLogger()
  const keeper = createKeeper(readSigningKeysOptions({ store, wrapper, runtime: clock, audit, logger, ...options }))
  return {
    store,
    clock,
    audit,
    log: logger.lines,
    sync: keeper.sync,
    revoke: keeper.revoke,
    denied: keeper.denied,
    get held() {
      return keeper.held
    },
    get heardAt() {
      return keeper.heardAt
    },
    get refusal() {
      return keeper.refusal
    },
    get signer() {
      return keeper.held?.signers.get('ES256')?.kid
    },
    get published() {
      return [...(keeper.held?.keys.keys() ?? [])]
    },
  }
}

/** What lies in a store, opened. */
export async function readRing({ document }: TestStore, name = 'signing-keys'): Promise<Ring | undefined> {
  if (document === undefined) return undefined
  const plain = await open(wrapper, { name, version: String(document.version) }, document.bytes)
  return plain && decodeRing(plain, name, document.version)
}
