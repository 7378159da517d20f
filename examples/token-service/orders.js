// An orders API that calls billing for whoever calls it: it exchanges their token, and is named as the one who acts.
import { countersign, errorHandler, getAuth, requireScopes } from '@countersign/express'
import express from 'express'
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import * as client from 'openid-client'

const { PORT = '3001', STS = 'http://127.0.0.1:3000', BILLING = 'http://127.0.0.1:3002' } = process.env
const { USERS = 'https://login.example.com' } = process.env

const app = express()

// Its own key, made as it starts: the token service reads the public half below, and nobody else ever has the other.
const { privateKey, publicKey } = await generateKeyPair('ES256')
const jwk = await exportJWK(publicKey)
const kid = await calculateJwkThumbprint(jwk)
app.get('/jwks', (_request, response) => {
  response.json({ keys: [{ ...jwk, kid, alg: 'ES256', use: 'sig' }] })
})

// Issuers on this machine may speak plain http. In production there are none: leave it out.
const network = { allowInsecureLoopback: true }
app.use(countersign({ audience: 'https://orders.example.com', issuers: [USERS], network }))

/** @type {Promise<client.Configuration> | undefined} */
let known

/** The token service as its metadata has it; asked again after it could not be reached. */
function findTokenService() {
  const authentication = client.PrivateKeyJwt({ key: privateKey, kid })
  const options = { execute: [client.allowInsecureRequests] }
  known ??= client.discovery(new URL(STS), 'orders', undefined, authentication, options)
  known.catch(() => (known = undefined))
  return known
}

app.get('/invoices', requireScopes('orders:read'), async (request, response) => {
  // Never the user's own token: billing is not whom it was meant for, and could use it at orders.
  const { access_token } = await client.genericGrantRequest(
    await findTokenService(),
    'urn:ietf:params:oauth:grant-type:token-exchange',
    {
      subject_token: getAuth(request).token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      audience: 'billing',
      scope: 'invoice:read',
    },
  )
  const answer = await fetch(`${BILLING}/invoices`, { headers: { authorization: `Bearer ${access_token}` } })
  response.status(answer.status).json(await answer.json())
})

app.use(errorHandler())

const server = app.listen(Number(PORT), '127.0.0.1', () => {
  const address = server.address()
  console.log(`Listening on http://127.0.0.1:${typeof address === 'object' ? address?.port : PORT}`)
})
