import { readFileSync } from 'node:fs'
import { createVerifier, requireClaim } from '@countersign/core'

const mounted = '/var/run/secrets/kubernetes.io/serviceaccount'

export const verifier = createVerifier({
  // The audience that callers ask for in their projected token.
  audience: 'https://orders.shop.svc',
  issuers: [
    {
      issuer: 'https://kubernetes.default.svc.cluster.local',
      keys: {
        jwksUri: 'https://kubernetes.default.svc/openid/v1/jwks',
        headers: { Authorization: `Bearer ${readFileSync(`${mounted}/token`, 'utf8').trim()}` },
      },
      mapping: {
        // Names are used again after they were deleted; the uid is not.
        attributes: {
          namespace: { claim: ['kubernetes.io', 'namespace'] },
          account: { claim: ['kubernetes.io', 'serviceaccount', 'name'] },
          uid: { claim: ['kubernetes.io', 'serviceaccount', 'uid'] },
        },
      },
    },
  ],
  network: { ca: readFileSync(`${mounted}/ca.crt`, 'utf8') },
})

// There are no scopes: guard by who calls. `onlyShop.check(principal)`, or the same guard from an adapter on a route.
export const onlyShop = requireClaim(['kubernetes.io', 'namespace'], 'shop')
