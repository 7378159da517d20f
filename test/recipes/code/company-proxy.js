import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import { createVerifier } from '@countersign/core'

export const verifier = createVerifier({
  audience: 'https://api.example.com',
  issuers: ['https://login.acme.example'],
  network: {
    // Such as http://name:password@proxy.corp.example:3128. The library itself reads no environment.
    proxyUrl: process.env['HTTPS_PROXY'],
    // Only for a proxy that opens TLS: its authority. `ca` replaces the built-in ones, so they are listed too.
    ca: [...rootCertificates, readFileSync('/etc/ssl/corp/proxy-ca.pem', 'utf8')],
  },
})
