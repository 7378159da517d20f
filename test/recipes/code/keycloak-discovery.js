import { createVerifier } from '@countersign/core'

export const verifier = createVerifier({
  audience: 'orders-api',
  issuers: [
    {
      issuer: 'https://sso.example.com/realms/acme',
      keys: { discoveryUrl: 'http://keycloak:8080/realms/acme/.well-known/openid-configuration' },
    },
  ],
  network: { dangerouslyAllowHttpHosts: ['keycloak:8080'] },
})
