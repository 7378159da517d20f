import assert from 'node:assert/strict'
import { createTestClock, createTestIssuer } from '../src/index.js'
import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose'

const clock = createTestClock()
const issuer = await createTestIssuer({ issuer: 'https://login.acme.example', clock })
const keys = createRemoteJWKSet(new URL(issuer.jwksUri), { [customFetch]: issuer.runtime.fetch })

const token = await issuer.token({ scope: 'orders:read' })
const { payload } = await jwtVerify(token, keys, { currentDate: new Date(clock.now()) })
assert.equal(payload['scope'], 'orders:read')

await issuer.outage('error-500')
assert.equal((await issuer.runtime.fetch(issuer.jwksUri)).status, 500)
await issuer.recover()
