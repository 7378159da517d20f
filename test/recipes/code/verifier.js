import { createVerifier } from '@countersign/core'

export const verifier = createVerifier({
  audience: 'https://api.example.com',
  issuers: ['https://login.acme.example', 'https://id.partner.example'],
})
