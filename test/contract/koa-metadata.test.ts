import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import Router from '@koa/router'
import Koa from 'koa'
import { afterAll, describe, expect, it } from 'vitest'
import { createVerifier, protectedResourceMetadata } from '@countersign/core'
import { countersign, mount } from '@countersign/koa'
import { createTestIssuer } from '@countersign/testing'
import { listen } from './hosts/host.js'

const readme = readFileSync(fileURLToPath(new URL('../../packages/koa/README.md', import.meta.url)), 'utf8')
const issuer = await createTestIssuer({ issuer: 'https://login.acme.example' })

describe('the route of the metadata in the README of Koa', () => {
  it.each(['', '/v1', '/v1/eu'])('is where the challenges of an API at "%s" point to', async (path) => {
    const publicUrl = `https://api.example.com${path}`
    const verifier = createVerifier({ audience: 'a', issuers: [issuer.issuer], publicUrl, runtime: issuer.runtime })
    const [, pattern = ''] = /`router\.all\(\/(.+)\/, mount/.exec(readme) ?? []
    const router = new Router()
    router.all(new RegExp(pattern), mount(protectedResourceMetadata(verifier)))
    const app = new Koa().use(router.routes()).use(countersign(verifier))
    const host = await listen(app.callback())
    afterAll(() => host.close())
    const get = (at: string) => host.send({ method: 'GET', path: at, fields: [] })
    const [challenge = ''] = (await get('/')).fields['www-authenticate'] ?? []
    const { pathname } = new URL(/resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? '')
    const answer = await get(pathname)
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([200, { resource: publicUrl }])
    expect((await get('/.well-known/oauth-protected-resources')).status).toBe(401)
  })
})
