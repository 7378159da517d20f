import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { unwatchFile } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { CHANNELS } from '@countersign/core'
import { getAuth } from '@countersign/express'
import type { Handler } from '@countersign/express'
import { createTestIssuer } from '@countersign/testing'
import express from 'express'
import supertest from 'supertest'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { runCode } from './code.js'

async function start() {
  const acme = await createTestIssuer({ issuer: 'https://login.acme.example' })
  const folder = await mkdtemp(path.join(tmpdir(), 'offline-'))
  const file = path.join(folder, 'acme.jwks.json')
  await writeFile(file, JSON.stringify(acme.jwks))
  onTestFinished(() => rm(folder, { recursive: true }))
  onTestFinished(() => unwatchFile(file))
  const replacements = { '/etc/orders/acme.jwks.json': file, '5_000': '20' }
  const { authenticate } = await runCode<{ authenticate: Handler }>('offline-keys.js', replacements)
  const app = express()
    .use(authenticate)
    .get('/', (req, res) => void res.json(getAuth(req).subject))
  const call = async (token: string) => (await supertest(app).get('/').auth(token, { type: 'bearer' })).status
  return { acme, file, call }
}

describe('an offline key set', () => {
  it('is all that is needed: nothing is fetched', async () => {
    const { acme, call } = await start()
    const fetched: unknown[] = []
    const note = (event: unknown) => void fetched.push(event)
    subscribe(CHANNELS.upstream, note)
    onTestFinished(() => void unsubscribe(CHANNELS.upstream, note))

    expect(await call(await acme.token())).toBe(200)
    const stranger = await createTestIssuer({ issuer: acme.issuer })
    expect(await call(await stranger.token())).toBe(401)
    expect(await call(await acme.token({}, { header: { kid: 'unknown' } }))).toBe(401)
    expect(fetched).toEqual([])
  })

  it('is exchanged when the file changes, and kept while the file cannot be read', async () => {
    const { acme, file, call } = await start()
    const before = await acme.token()
    await acme.rotate()
    acme.withdraw('es256-1')
    const after = await acme.token()
    expect([await call(before), await call(after)]).toEqual([200, 401])

    await writeFile(file, '{ "keys": [')
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect([await call(before), await call(after)]).toEqual([200, 401])

    await writeFile(file, JSON.stringify(acme.jwks))
    await vi.waitUntil(async () => (await call(after)) === 200, { timeout: 5_000 })
    expect(await call(before)).toBe(401)
  })
})
