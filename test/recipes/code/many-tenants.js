import { createVerifier, requireThat } from '@countersign/core'

/**
 * @param {{ find(issuer: string): Promise<{ id: string, roles: string[] } | undefined> }} directory
 * @param {Partial<import('@countersign/core').Runtime>} [runtime] the network and clocks of a test
 */
export const createTenantVerifier = (directory, runtime) =>
  createVerifier({
    audience: 'https://api.example.com',
    issuers: [
      {
        // One provider with a name for each tenant, and one key set for all.
        issuer: 'https://login.example/{tid}/v2.0',
        keys: { jwksUri: 'https://login.example/common/keys' },
        grants: { roles: ['buyer'] },
      },
    ],
    // Tenants that bring a provider of their own.
    async resolveIssuer(issuer) {
      const tenant = await directory.find(issuer)
      if (tenant === undefined) return undefined
      return { issuer, mapping: { tenant: { constant: tenant.id } }, grants: { roles: tenant.roles } }
    },
    runtime,
  })

/** For routes such as `/tenants/:tenant/orders`. */
export const ownTenant = requireThat(
  ({ tenant }, request) =>
    tenant !== undefined && tenant === /** @type {import('express').Request} */ (request).params['tenant'],
)
