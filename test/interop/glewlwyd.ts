import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { exportJWK, generateKeyPair } from 'jose'
import * as client from 'openid-client'
import { findFreePort } from '../../scripts/free-port.mjs'

/** The tables of an empty installation, with the administrator that everybody changes first. */
const SCHEMA = '/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3'

/** Why there is no glewlwyd here, as the end of a title; `''` where there is one. */
export const noGlewlwyd: string =
  isOnPath('glewlwyd') && isOnPath('sqlite3') && existsSync(SCHEMA)
    ? ''
    : " (left out: glewlwyd is not installed; npm run test:setup installs Debian's)"

/** glewlwyd in C with its own JOSE library: an issuer that has nothing in common with us or with oidc-provider. */
export interface Glewlwyd {
  readonly issuer: string
  /** openid-client's view, as the client `job`. */
  readonly job: client.Configuration
  /** Obtains an access token by client credentials, bound to a DPoP key where one is given. */
  requestToken(options?: { resource?: string | undefined; dpop?: client.DPoPHandle }): Promise<string>
  close(): Promise<void>
}

/** What its tokens are for. */
export const resource = 'https://api.example.com/'

/** Starts a server on a free port, with a database of its own and one client that may read orders. */
export async function startGlewlwyd(): Promise<Glewlwyd> {
  const port = await findFreePort()
  const folder = mkdtempSync(path.join(os.tmpdir(), 'countersign-glewlwyd-'))
  const origin = `http://127.0.0.1:${port}`
  const issuer = `${origin}/api/oidc`
  await createDatabase(path.join(folder, 'db.sqlite'))
  writeFileSync(path.join(folder, 'glewlwyd.conf'), toConfiguration(port, path.join(folder, 'db.sqlite')))
  const child = spawn('glewlwyd', [`--config-file=${path.join(folder, 'glewlwyd.conf')}`], { stdio: 'ignore' })
  const end = (): void => void child.kill('SIGKILL')
  process.once('exit', end)

  await configure(`${origin}/api`, issuer)
  const options = { execute: [client.allowInsecureRequests] }
  const job = await client.discovery(new URL(issuer), 'job', 'secretofjob', undefined, options)
  return {
    issuer,
    job,
    async requestToken({ resource: asked = resource, dpop } = {}) {
      const request = { scope: 'orders:read', ...(asked === '' ? {} : { resource: asked }) }
      const answer = await client.clientCredentialsGrant(job, request, dpop ? { DPoP: dpop } : {})
      return answer.access_token
    },
    async close() {
      const ended = once(child, 'exit')
      end()
      await ended
      process.off('exit', end)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function createDatabase(file: string): Promise<void> {
  const made = execFile('sqlite3', [file])
  made.stdin?.end(readFileSync(SCHEMA))
  const [code] = (await once(made, 'exit')) as [number]
  if (code !== 0) throw new Error(`sqlite3 ended with ${code}`)
}

function toConfiguration(port: number, database: string): string {
  const modules = '/usr/lib/glewlwyd'
  return `port=${port}
bind_address="127.0.0.1"
external_url="http://127.0.0.1:${port}"
login_url="login.html"
api_prefix="api"
log_mode="console"
log_level="NONE"
cookie_secure=0
session_expiration=3600
session_key="session"
admin_session_authentication="cookie"
profile_session_authentication="cookie"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="${modules}/user"
client_module_path="${modules}/client"
user_auth_scheme_module_path="${modules}/scheme"
plugin_module_path="${modules}/plugin"
hash_algorithm="SHA512"
database = { type = "sqlite3"; path = "${database}" }
`
}

/** By its administration interface, as its web pages do it: a scope, the OpenID plugin with its key, and a client. */
async function configure(api: string, issuer: string): Promise<void> {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  const post = async (target: string, body: object): Promise<Response> => {
    const response = await fetch(`${api}${target}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`glewlwyd answers ${target} with ${response.status}: ${await response.text()}`)
    return response
  }
  const session = await retry(() => post('/auth/', { username: 'admin', password: 'password' }))
  headers['cookie'] = session.headers.getSetCookie()[0]?.split(';')[0] ?? ''

  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const key = { ...(await exportJWK(privateKey)), kid: 'glewlwyd-es256', alg: 'ES256', use: 'sig' }
  await post('/scope/', { name: 'orders:read', display_name: 'read', password_required: false, scheme: {} })
  await post('/mod/plugin/', {
    module: 'oidc',
    name: 'oidc',
    display_name: 'OIDC',
    enabled: true,
    parameters: {
      iss: issuer,
      'jwks-private': JSON.stringify({ keys: [key] }),
      'jwks-show': true,
      'default-kid': key.kid,
      'jwt-type': 'ecdsa',
      'jwt-key-size': '256',
      'access-token-duration': 600,
      'refresh-token-duration': 600,
      'code-duration': 60,
      'refresh-token-rolling': true,
      'allow-non-oidc': true,
      'auth-type-client-enabled': true,
      'oauth-dpop-allowed': true,
      'oauth-dpop-iat-duration': 60,
      'resource-allowed': true,
      'resource-scope': { 'orders:read': [resource] },
    },
  })
  await post('/client/', {
    client_id: 'job',
    name: 'job',
    confidential: true,
    password: 'secretofjob',
    scope: ['orders:read'],
    authorization_type: ['client_credentials'],
    token_endpoint_auth_method: ['client_secret_basic', 'client_secret_post'],
    redirect_uri: [],
    enabled: true,
  })
}

/** It takes a third of a second to listen. */
async function retry<T>(run: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await run()
    } catch (error) {
      if (tries === 100) throw error
      await wait(50)
    }
  }
}

function isOnPath(command: string): boolean {
  return (process.env['PATH'] ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
