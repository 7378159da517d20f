import { readFileSync, watchFile } from 'node:fs'
import { createVerifier } from '@countersign/core'
import { countersign } from '@countersign/express'

const file = '/etc/orders/acme.jwks.json'

// With keys of its own a verifier opens no connection. It reads them once.
const readMiddleware = () =>
  countersign(
    createVerifier({
      audience: 'https://api.example.com',
      issuers: [{ issuer: 'https://login.acme.example', keys: { jwks: JSON.parse(readFileSync(file, 'utf8')) } }],
    }),
  )

let current = readMiddleware()

watchFile(file, { interval: 5_000, persistent: false }, () => {
  try {
    current = readMiddleware()
  } catch {
    // Half written, or no key set: the keys from before stay until the next change.
  }
})

/** @type {import('@countersign/express').Handler} */
export const authenticate = (req, res, next) => current(req, res, next)
