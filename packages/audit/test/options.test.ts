import { createAuditTrail, fileSink } from '@countersign/audit'
import type { AuditTrailOptions } from '@countersign/audit'
import { ConfigurationError } from '@countersign/core'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createTestSink, toOptions } from './doubles.js'

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const secret = Buffer.alloc(32, 7)
const sink = createTestSink()

function messageOf(create: () => unknown): string {
  try {
    create()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    return (error as Error).message
  }
  return 'accepted'
}

describe('createAuditTrail refuses', () => {
  it.each([
    ['no sink at all', { required: { sinks: [] } }, 'Option "required.sinks"'],
    ['a quorum that can never be', { required: { sinks: [sink], quorum: 2 } }, 'Option "required.quorum"'],
    ['a sink that keeps nothing', { required: { sinks: [createTestSink('a', 'none')] } }, 'Option "required.sinks[0]"'],
    [
      'a sink that says nothing of what it keeps',
      { required: { sinks: [{ ...sink, durability: 'yes' }] } },
      'Option "required.sinks[0].durability"',
    ],
    ['what is no sink', { required: { sinks: [{ name: 'a' }] } }, 'Option "required.sinks[0]"'],
    ['two sinks of one name', { bestEffort: [createTestSink()] }, 'got "memory", wants a name of its own'],
    ['no key to name tokens by', { fingerprintKeys: [] }, 'Option "fingerprintKeys"'],
    [
      'a key that is too short',
      { fingerprintKeys: [{ id: 'k', secret: Buffer.alloc(16) }] },
      'Option "fingerprintKeys[0].secret": got 16 bytes',
    ],
    ['a key without a name', { fingerprintKeys: [{ id: 'a b', secret }] }, 'Option "fingerprintKeys[0].id"'],
    [
      'two keys of one name',
      {
        fingerprintKeys: [
          { id: 'k', secret },
          { id: 'k', secret },
        ],
      },
      'a different id for each key',
    ],
    [
      'more than eight keys',
      { fingerprintKeys: Array.from({ length: 9 }, (_, index) => ({ id: `k${index}`, secret })) },
      'Option "fingerprintKeys": got a list, wants a list of 1 to 8 keys. Drop the oldest',
    ],
    [
      'a rate above one',
      { sampling: { 'authn.success': 2 } },
      'Option "sampling.authn.success": got 2, wants a share from 0 to 1. A quarter is 0.25.',
    ],
    [
      'a share that is no number',
      { queue: { reservedShare: '25%' } },
      'Option "queue.reservedShare": got "25%", wants a share from 0.1 to 0.9. A quarter is 0.25.',
    ],
    ['to sample refusals', { sampling: { 'authn.failure': 0.1 } }, 'Option "sampling.authn.failure" is unknown'],
    [
      'a public key for checkpoints',
      { checkpoints: { key: createPublicKey(privateKey), sink: createTestSink('b') } },
      'Option "checkpoints.key"',
    ],
    ['checkpoints in a sink of the trail', { checkpoints: { key: privateKey, sink } }, 'Option "checkpoints.sink"'],
    ['an option that does not exist', { requierd: {} }, 'Did you mean "required"?'],
    [
      'half a character in a name, which canonical JSON cannot carry',
      { service: { name: 'orders\uD800', version: '1' } },
      'Option "service.name"',
    ],
    ['a service without a name', { service: { version: '1' } }, 'Option "service.name"'],
  ])('%s', (_, more, expected) => {
    expect(messageOf(() => createAuditTrail({ ...toOptions([sink]), ...more } as never))).toContain(expected)
  })

  it('never shows a secret', () => {
    const fingerprintKeys = [{ id: 'k', secret: 'a-secret-as-text-of-32-characters' }]
    expect(messageOf(() => createAuditTrail({ ...toOptions([sink]), fingerprintKeys } as never))).not.toContain(
      'a-secret',
    )
  })
})

it('createAuditTrail takes a clock that is left out as undefined', async () => {
  const runtime: AuditTrailOptions['runtime'] = { now: undefined, monotonicNow: undefined }
  const trail = createAuditTrail(toOptions([createTestSink()], { runtime }))
  expect(await trail.close()).toEqual({ drained: true, lost: 0 })
})

it('fileSink refuses options that cannot be', () => {
  for (const options of [{ maxBytes: 1 }, { mode: 0 }, { retention: { files: 0 } }, { reserveBytes: -1 }, { max: 1 }])
    expect(messageOf(() => fileSink('audit.jsonl', options as never))).toContain('Option "')
})
