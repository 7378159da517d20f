// A CI job that deploys without a secret: the token that its platform gives it authenticates it. Nothing but fetch.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const { STS = 'http://127.0.0.1:3000', PRODUCTION = 'http://127.0.0.1:3002' } = process.env
const { CI_TOKEN_FILE = fileURLToPath(new URL('ci-token', import.meta.url)) } = process.env

const answer = await fetch(`${STS}/token`, {
  method: 'POST',
  body: new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: readFileSync(CI_TOKEN_FILE, 'utf8').trim(),
    audience: 'production',
  }),
})
const token = await answer.json()
if (!answer.ok) {
  console.error(`No token: ${answer.status} ${token.error}`)
  process.exit(1)
}
console.log(`Token: ${token.token_type}, ${token.scope}, ${token.expires_in} s`)

const authorization = `Bearer ${token.access_token}`
const deployment = await fetch(`${PRODUCTION}/deployments`, { method: 'POST', headers: { authorization } })
console.log(`Deployment: ${deployment.status} ${await deployment.text()}`)
process.exitCode = deployment.ok ? 0 : 1
