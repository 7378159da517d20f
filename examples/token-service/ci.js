// Stands in for a CI platform on this machine: publishes a key, and puts a job's token into a file. Not for use.
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import express from 'express'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'

const { PORT = '3003', STS = 'http://127.0.0.1:3000', REF = 'refs/heads/main' } = process.env
const { CI_TOKEN_FILE = fileURLToPath(new URL('ci-token', import.meta.url)) } = process.env

const { privateKey, publicKey } = await generateKeyPair('RS256')
const jwk = await exportJWK(publicKey)
const kid = await calculateJwkThumbprint(jwk)

const app = express()
app.get('/.well-known/openid-configuration', (_request, response) => {
  response.json({ issuer, jwks_uri: `${issuer}/jwks` })
})
app.get('/jwks', (_request, response) => {
  response.json({ keys: [{ ...jwk, kid, alg: 'RS256', use: 'sig' }] })
})

const server = app.listen(Number(PORT), '127.0.0.1')
await once(server, 'listening')
const address = server.address()
const issuer = `http://127.0.0.1:${typeof address === 'object' ? address?.port : PORT}`

const token = await new SignJWT({ repository: 'acme/shop', repository_id: '74', ref: REF })
  .setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' })
  .setIssuer(issuer)
  .setSubject(`repo:acme/shop:ref:${REF}`)
  .setAudience(STS)
  .setIssuedAt()
  .setExpirationTime('10 min')
  .sign(privateKey)
writeFileSync(CI_TOKEN_FILE, token, { mode: 0o600 })
console.log(`Listening on ${issuer}`)
