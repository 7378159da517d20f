import { toTokens } from './attack.js'
import type { Attack } from './attack.js'

/** A token that says where its key is to be had. The canary has it, and would serve it. */
export const keyUrls: readonly Attack[] = [
  {
    title: 'A4: jku and x5u at a server of the attacker’s, which stays silent',
    tokens: async ({ token, forger, canary }) => {
      const urls = [
        `http://${canary.host}/jwks`,
        `http://${canary.host}/.well-known/openid-configuration`,
        `http://login.acme.example@${canary.host}/jwks`,
        `http://${canary.host}/#https://login.acme.example/jwks`,
        `//${canary.host}/jwks`,
        `HTTP://${canary.host.replace('127.0.0.1', '2130706433')}/jwks`,
        `http://${canary.host.replace('127.0.0.1', '[::ffff:127.0.0.1]')}/jwks`,
        `http://${canary.host.replace('127.0.0.1', 'localhost')}/jwks`,
        'file:///etc/passwd',
        'http://169.254.169.254/latest/meta-data/',
        'data:application/json,{"keys":[]}',
        'gopher://127.0.0.1:6379/_FLUSHALL',
        'https://login.acme.example/jwks',
      ]
      const made = urls.flatMap((url) =>
        ['jku', 'x5u'].map(async (name) => {
          return [`${name} ${url}`, await token({}, { key: forger.ES256, header: { [name]: url } })] as const
        }),
      )
      return toTokens('ERR_TOKEN_SIGNATURE', Object.fromEntries(await Promise.all(made)))
    },
  },
  {
    title: 'A4 A8: jku at a server of the attacker’s, for a kid that only it has',
    tokens: async ({ token, forger, canary }) => {
      const key = { ...forger.ES256, kid: `http://${canary.host}/jwks` }
      return toTokens('ERR_KEY_NOT_FOUND', {
        'a URL as kid': await token({}, { key }),
        'a URL as kid and as jku': await token({}, { key, header: { jku: `http://${canary.host}/jwks` } }),
      })
    },
  },
  {
    title: 'A5: a server of the attacker’s as issuer, with metadata and keys of its own',
    tokens: async ({ token, forger, canary }) => {
      const names = [
        `http://${canary.host}`,
        `http://${canary.host}/`,
        `http://${canary.host}/.well-known/openid-configuration`,
        `https://login.acme.example@${canary.host}`,
        `http://${canary.host}/?https://login.acme.example`,
        `http://${canary.host}#https://login.acme.example`,
      ]
      const made = names.map(async (iss) => [iss, await token({ iss }, { key: forger.ES256 })] as const)
      return toTokens('ERR_ISSUER_UNTRUSTED', Object.fromEntries(await Promise.all(made)))
    },
  },
]
