import 'reflect-metadata'
import { execFile } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createPageVerifier, runCode } from './code.js'

async function start() {
  const { acme, verifier } = await createPageVerifier()
  const { AppModule } = await runCode<{ AppModule: Type }>('nestjs-app.ts', {}, verifier)
  const logged: unknown[] = []
  const keep = (message: unknown) => void logged.push(message)
  const app = await NestFactory.create(AppModule, { logger: { log() {}, warn: keep, error: keep, fatal: keep } })
  await app.listen(0, '127.0.0.1')
  onTestFinished(() => app.close())
  const url = await app.getUrl()
  const call = async (path: string, token?: string, method = 'GET') => {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const answer = await fetch(`${url}${path}`, { method, headers })
    const challenge = answer.headers.get('www-authenticate')
    return { status: answer.status, challenge, body: (await answer.json()) as unknown }
  }
  return { acme, call, logged }
}

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('a guard of NestJS', () => {
  it('compiles, with the decorators that Nest wants', async () => {
    const tsc = path.join(root, 'node_modules', '.bin', 'tsc')
    const project = path.join(root, 'test', 'recipes', 'code', 'tsconfig.nestjs.json')
    const { stdout } = await promisify(execFile)(tsc, ['-p', project]).catch((error: { stdout: string }) => error)
    // What else may not compile is told by the stage that compiles it.
    expect(stdout.split('\n').filter((line) => line.includes('nestjs'))).toEqual([])
  })

  it('lets in who may, shows the principal, and keeps public routes public', async () => {
    const { acme, call } = await start()
    const reader = await acme.token({ scope: 'orders:read' })
    const admin = await acme.token({ scope: 'orders:read', roles: ['admin'] })
    expect(await call('/orders', reader)).toEqual({ status: 200, challenge: null, body: { for: 'user-1' } })
    expect(await call('/orders', admin, 'DELETE')).toMatchObject({ status: 200, body: { cleared: true } })
    expect(await call('/orders/health')).toMatchObject({ status: 200, body: { ok: true } })
  })

  it('refuses with the challenge, and a body that names no reason', async () => {
    const { acme, call, logged } = await start()
    expect(await call('/orders')).toEqual({
      status: 401,
      challenge: 'Bearer realm="api"',
      body: { statusCode: 401, message: 'Authentication is required' },
    })
    expect(await call('/orders', await acme.token({ scope: 'orders:write' }))).toMatchObject({
      status: 403,
      challenge: expect.stringContaining('scope="orders:read"'),
    })
    // The guard of the controller holds on a route that has one of its own.
    const adminAlone = await acme.token({ roles: ['admin'] })
    expect(await call('/orders', adminAlone, 'DELETE')).toMatchObject({ status: 403 })
    const reader = await acme.token({ scope: 'orders:read' })
    expect(await call('/orders', reader, 'DELETE')).toMatchObject({ status: 403 })
    expect(await call('/orders', 'opaque')).toMatchObject({
      status: 401,
      challenge: expect.stringContaining('error="invalid_token"'),
    })
    // Anybody can send those: they are no errors of the application.
    expect(logged).toEqual([])
  })

  it('answers 503 where keys cannot be had, and logs it as an error', async () => {
    const { acme, call, logged } = await start()
    await acme.outage('down')
    expect(await call('/orders', await acme.token({ scope: 'orders:read' }))).toMatchObject({
      status: 503,
      challenge: null,
    })
    expect(logged).toEqual([expect.objectContaining({ reason: 'ERR_KEYS_UNAVAILABLE' })])
  })
})
