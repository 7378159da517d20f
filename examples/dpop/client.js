// A client with a key of its own: its token is bound to it, and each request carries a proof. Then a thief tries.
import * as client from 'openid-client'

const { ISSUER = 'https://login.example.com', CLIENT_ID = 'job', CLIENT_SECRET = '' } = process.env
const { API = 'http://127.0.0.1:3000', CALLS = '4' } = process.env
const orders = new URL('/orders', API)

const configuration = await client.discovery(new URL(ISSUER), CLIENT_ID, CLIENT_SECRET, undefined, {
  // For providers on this machine. In production leave it out.
  execute: [client.allowInsecureRequests],
})

// The thief: sees every request to the API, with its token and its proof, as a proxy's log would show them.
/** @type {HeadersInit} */
let seen = {}
configuration[client.customFetch] = (url, options) => {
  if (url.startsWith(orders.origin)) seen = /** @type {HeadersInit} */ (options.headers)
  return fetch(url, /** @type {RequestInit} */ (options))
}

// The private key cannot be exported. A new handle, a new key: tokens of the old one are then lost with it.
const DPoP = client.getDPoPHandle(configuration, await client.randomDPoPKeyPair('ES256'))
const request = { scope: 'orders:read', resource: 'https://api.example.com' }
const { access_token: token, token_type: type } = await client.clientCredentialsGrant(configuration, request, { DPoP })
console.log(`Token type: ${type}`)

// Makes a proof for each call; fetches and renews nonces by itself, where the API gives them.
for (let count = 0; count < Number(CALLS); count++) {
  const options = { DPoP }
  const response = await client.fetchProtectedResource(
    configuration,
    token,
    orders,
    'GET',
    null,
    new Headers(),
    options,
  )
  const { instance } = /** @type {{ instance: number }} */ (await response.json())
  console.log(`Call ${count + 1}: ${response.status} from instance ${instance}`)
}

await attempt('The same request again', seen)
await attempt('The token without its proof', { authorization: `Bearer ${token}` })
await attempt('The token with an old proof for another URL', seen, new URL('/orders/1', API))

/**
 * @param {string} name
 * @param {HeadersInit} headers
 * @param {URL} [url]
 */
async function attempt(name, headers, url = orders) {
  const { status, headers: answer } = await fetch(url, { headers })
  const error = /error="(\w+)"/.exec(answer.get('www-authenticate') ?? '')?.[1]
  console.log(`${name}: ${status} ${error ?? ''}`)
}
