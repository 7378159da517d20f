import { createVerifier } from '@countersign/core'

export const verifier = createVerifier({
  audience: 'orders-api',
  issuers: [
    {
      // What tokens say: the name that browsers know. Nothing is fetched from it.
      issuer: 'https://sso.example.com/realms/acme',
      // Where this container reaches the same server.
      keys: { jwksUri: 'http://keycloak:8080/realms/acme/protocol/openid-connect/certs' },
      mapping: { roles: { claim: ['realm_access', 'roles'] } },
    },
  ],
  // Plain http, to this one host and port alone. Leave it out where Keycloak has TLS.
  network: { dangerouslyAllowHttpHosts: ['keycloak:8080'] },
})
