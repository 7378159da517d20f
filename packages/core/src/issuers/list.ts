import { createKeySource } from '../keys/key-source.js'
import type { ResolvedIssuer } from '../options/resolve-issuer.js'
import type { IssuerRules, Rules } from '../rules.js'
import { IssuerWithKeys } from './issuer-with-keys.js'
import { createNames } from './names.js'
import type { IssuerSource, TrustedIssuer } from './trusted-issuer.js'
import { isTemplate, parseTemplate } from './template.js'
import { createTenantKeys } from './tenant-keys.js'
import type { TenantVariable } from './tenant-keys.js'
import type { IssuerTemplate } from './template.js'

/** The issuers of the configuration. */
export interface IssuerList extends IssuerSource {
  find(issuer: string): TrustedIssuer | undefined
  /** Every entry, in order; a template is one entry. */
  readonly all: readonly TrustedIssuer[]
}

/**
 * Indexes the issuers of the configuration: by every name they may sign with, then by template. Keys are made on first
 * use, so that ten thousand issuers cost a name each; a given key set is imported at once, because a mistake in it
 * should stop the start.
 *
 * @throws ConfigurationError where a given key set holds no usable key
 */
export function createIssuerList(issuers: readonly ResolvedIssuer[], rules: Rules): IssuerList {
  const byName = new Map<string, TrustedIssuer>()
  const templates: { readonly template: IssuerTemplate; readonly entry: TrustedIssuer }[] = []
  const all = issuers.map((resolved) => {
    const entry = toTrustedIssuer(resolved, rules)
    if (isTemplate(entry.issuer)) templates.push({ template: parseTemplate(entry.issuer), entry })
    else for (const name of entry.acceptedIssuers) byName.set(name, entry)
    return entry
  })
  const tenants = createNames<TrustedIssuer>()
  const findTenant = (issuer: string): TrustedIssuer | undefined => {
    const known = tenants.find(issuer)
    if (known !== undefined) return known
    for (const { template, entry } of templates) {
      const match = template.match(issuer)
      if (match === undefined) continue
      const tenant = toTenantIssuer(issuer, match.variables, entry)
      tenants.set(issuer, tenant)
      return tenant
    }
    return undefined
  }
  return {
    all,
    find: (issuer) => byName.get(issuer) ?? (templates.length === 0 ? undefined : findTenant(issuer)),
    vouch: tenants.vouch,
  }
}

/**
 * An issuer with its keys, which are made when first asked for; those that were given at once, so that a mistake in them shows where
 * it is made, and not in a request.
 *
 * @throws ConfigurationError where a given key set holds no usable key
 */
export function toTrustedIssuer({ rules: own, location }: ResolvedIssuer, rules: Rules): TrustedIssuer {
  const { network, keyCache, runtime, logger, audit } = rules
  const context = { network, keyCache, runtime, logger, audit }
  const trusted = new IssuerWithKeys(own, () => createKeySource(own.issuer, location, context))
  if (location.kind === 'jwks') void trusted.keys
  return trusted
}

/**
 * The rules for one concrete issuer of a template. Its keys are the template's: a token never builds a URL. Each variable
 * must equal the claim of its name, so that the name that was matched is the tenant that the token is about.
 */
function toTenantIssuer(issuer: string, variables: readonly TenantVariable[], entry: TrustedIssuer): TrustedIssuer {
  const [only, another] = variables
  const claims = variables.map(({ name, value }) => ({ path: [name], oneOf: [value], single: true }))
  const own: IssuerRules = {
    ...entry,
    issuer,
    acceptedIssuers: [issuer],
    requiredClaims: [...entry.requiredClaims, ...claims],
    tenant: entry.tenant ?? (another === undefined ? only?.value : undefined),
  }
  return new IssuerWithKeys(own, () => createTenantKeys(entry.keys, issuer, variables))
}
