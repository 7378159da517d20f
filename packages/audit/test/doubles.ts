import type { AuditEntry, AuditEvent, AuditHead, AuditSink } from '@countersign/core'
import type { AuditTrailOptions } from '../src/index.js'

/** A sink in memory whose behaviour a test decides. */
export interface TestSink extends AuditSink {
  /** Everything that was kept, in the order it came. */
  readonly events: AuditEvent[]
  /** The sizes of the batches that came, kept or not. */
  readonly batches: number[]
  /** What happens to the next writes. `hang`: they never answer. A word: they fail with it as their code. */
  behaviour: 'keep' | 'hang' | { readonly code: string } | { readonly afterMs: number }
  head: AuditHead | undefined
  isClosed: boolean
  readonly types: string[]
}

/** Creates a sink that keeps everything until it is told otherwise. */
export function createTestSink(name = 'memory', durability: AuditSink['durability'] = 'disk'): TestSink {
  const events: AuditEvent[] = []
  const sink: TestSink = {
    name,
    durability,
    events,
    batches: [],
    behaviour: 'keep',
    head: undefined,
    isClosed: false,
    get types() {
      return events.map(({ type }) => type)
    },
    async write(batch) {
      sink.batches.push(batch.length)
      const { behaviour } = sink
      if (behaviour === 'hang') await new Promise(() => {})
      if (typeof behaviour === 'object' && 'code' in behaviour)
        throw Object.assign(new Error('no'), { code: behaviour.code })
      if (typeof behaviour === 'object') await new Promise((resolve) => setTimeout(resolve, behaviour.afterMs))
      events.push(...batch)
    },
    readHead: () => Promise.resolve(sink.head),
    close() {
      sink.isClosed = true
      return Promise.resolve()
    },
  }
  return sink
}

/** The least that a trail needs. */
export function toOptions(
  sinks: readonly AuditSink[],
  more: Omit<Partial<AuditTrailOptions>, 'required'> & { required?: Partial<AuditTrailOptions['required']> } = {},
): AuditTrailOptions {
  const { required, ...rest } = more
  return {
    service: { name: 'orders', version: '1.2.3', instance: 'orders-1' },
    fingerprintKeys: [{ id: 'k1', secret: Buffer.alloc(32, 7) }],
    ...rest,
    required: { sinks, timeoutMs: 2_000, ...required },
  }
}

/** An exchange that went well. */
export const exchange: AuditEntry = {
  type: 'token.exchange',
  outcome: 'success',
  subject: { iss: 'https://login.example', sub: 'alice' },
  client: { id: 'orders', authMethod: 'private_key_jwt' },
}

/** A refusal of somebody who is known. */
export const denial: AuditEntry = {
  type: 'authz.denied',
  outcome: 'denied',
  reason: 'ERR_SCOPE_INSUFFICIENT',
  subject: { iss: 'https://login.example', sub: 'alice' },
}

/** A refusal of nobody in particular. */
export const strangersDenial: AuditEntry = {
  type: 'authn.failure',
  outcome: 'failure',
  reason: 'ERR_TOKEN_SIGNATURE',
  request: { id: 'r1', ip: '192.0.2.7' },
}

/** Waits until something holds, or a test's patience is over. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000 && !isSo(); turn++) await new Promise((resolve) => setTimeout(resolve, 2))
  if (!isSo()) throw new Error('It never became so')
}
