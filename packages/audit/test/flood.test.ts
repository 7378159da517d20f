import { createAuditTrail, fileSink, verifyTrail } from '@countersign/audit'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { readTrail } from '../src/read/source.js'
import { exchange, strangersDenial, toOptions } from './doubles.js'
import { isSoak } from './soak.js'

const seconds = isSoak ? 30 : 2

it(`50,000 refusals of strangers a second, for ${seconds} s, cost the trail their share and never the reserved one`, async () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'countersign-flood-')), 'audit.jsonl')
  const denials = { perSecond: 100, burst: 300, countSeconds: 1 }
  const trail = createAuditTrail(toOptions([fileSink(file)], { denials, required: { timeoutMs: 2_000 } }))
  await trail.ready()
  let offered = 0
  const flood = (): void => {
    for (let index = 0; index < 500; index++) {
      offered += 1
      // From as many networks as there are requests.
      const ip = `2001:db8:${(offered % 65_536).toString(16)}:${(offered % 7_919).toString(16)}::1`
      const reason = offered % 2 === 0 ? 'ERR_TOKEN_SIGNATURE' : 'ERR_ISSUER_UNTRUSTED'
      void trail.record({
        ...strangersDenial,
        reason,
        request: { id: String(offered), ip, userAgent: 'x'.repeat(4_000) },
      })
    }
  }
  const flooding = setInterval(flood, 10)
  const endMs = performance.now() + seconds * 1_000
  let exchanged = 0
  while (performance.now() < endMs || offered < 5_000) {
    await trail.record(exchange)
    exchanged += 1
  }
  clearInterval(flooding)
  expect(trail.health()).toMatchObject({ ok: true, lost: 0 })
  await trail.close()
  const report = await verifyTrail(file)
  expect(report).toMatchObject({ ok: true, gaps: [] })
  const elapsedSeconds = seconds + 3
  const mostWritten = denials.burst + denials.perSecond * elapsedSeconds + 300 * elapsedSeconds
  expect(report.events - exchanged).toBeLessThan(mostWritten)
  // Every one was written, or counted.
  let told = 0
  for await (const { parsed } of readTrail(file)) {
    if (parsed.kind === 'event' && parsed.event.type === 'authn.failure') told += parsed.event.counted?.count ?? 1
  }
  expect(told).toBe(offered)
  expect(offered).toBeGreaterThan(5_000)
}, 120_000)
