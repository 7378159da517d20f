// docs/token-service-options.md, from the tables that read the options of the token service and from the docstrings of their types.
import { toAnchor, writePage } from './option-docs.mjs'

/** @typedef {import('./option-docs.mjs').Rows} Rows */
/** @typedef {import('./option-docs.mjs').Docs} Docs */

const INTRO = `# Options of the token service

Made from the tables that read the options, and from the docstrings of their types, by \`npm run docs:options\`. Do not edit.

What they are for, with a service that runs: [Token exchange](token-exchange.md). As everywhere, \`undefined\` counts as absent, and an
unknown name or a value of another kind is a \`ConfigurationError\` at construction.
`

const AUTHENTICATION = `\`authentication\` is one of these:

| \`method\` | beside it |
| --- | --- |
| \`private_key_jwt\` | \`keys\`: \`{ jwks }\` or \`{ jwksUri }\` |
| \`tls_client_auth\` | one of \`subjectDn\`, \`dnsName\` and \`uri\`; the TLS server checks the chain |
| \`self_signed_tls_client_auth\` | \`thumbprints\`: SHA-256 of certificates, base64url |
| \`client_secret_basic\`, \`client_secret_post\` | \`secrets\`: each of at least 32 characters |
| \`workload\` | \`issuer\` with a trust record of \`use: 'client'\`, and \`claims\`: conditions \`{ claim, oneOf }\`, one of which pins a claim that never changes hands |`

const TITLES = {
  service: 'createTokenService',
  trust: 'trust: subjects',
  clients: 'clients',
  targets: 'targets',
  allow: 'policy: rules that allow',
  deny: 'policy: rules that deny',
  keys: 'createSigningKeys',
}

/**
 * Writes the page.
 *
 * @param {Readonly<Record<keyof typeof TITLES, Rows>>} tables
 * @param {readonly Docs[]} sources
 * @returns {string}
 */
export function writeServiceOptionDocs(tables, sources) {
  const serviceLinks = {
    signingKeys: toAnchor(TITLES.keys),
    trust: toAnchor(TITLES.trust),
    clients: toAnchor(TITLES.clients),
    targets: toAnchor(TITLES.targets),
    policy: toAnchor(TITLES.allow),
    experimental: 'token-exchange.md#drafts',
    dpop: 'options.md#dpop',
    network: 'options.md#network',
    keyCache: 'options.md#keycache',
  }
  /** @type {(name: keyof typeof TITLES, types: readonly string[], lead?: string, links?: Readonly<Record<string, string>>) => import('./option-docs.mjs').Section} */
  const section = (name, types, lead, links = {}) => ({ title: TITLES[name], rows: tables[name], types, lead, links })
  return writePage(
    INTRO,
    [
      section('service', ['TokenServiceOptions'], undefined, serviceLinks),
      section(
        'trust',
        ['SubjectTrust'],
        "One record an issuer. With `use: 'client'` it has `issuer` and nothing more: its tokens authenticate workloads, and are no subjects.",
        {
          tokenTypes: 'token-exchange.md#what-the-subjects-token-is-called',
          audiences: 'token-exchange.md#whom-the-subjects-token-is-meant-for',
        },
      ),
      section('clients', ['ClientOptions'], AUTHENTICATION),
      section('targets', ['TargetOptions'], 'An object: the name of each target, and'),
      section(
        'allow',
        ['AllowRule', 'RuleScope'],
        '`policy` is `{ id, rules }`: both are required, and `id` stands in the audit trail. What no rule allows is refused. A condition in `when` is\n' +
          '`{ claim, oneOf }`: `claim` is `tenant`, `roles`, `groups`, `permissions`, `acr`, or a path into the mapped claims.',
      ),
      section('deny', ['DenyRule', 'RuleScope'], 'One that is met wins over every rule that allows.'),
      section(
        'keys',
        ['SigningKeysOptions'],
        'Times that contradict one another are refused: [Signing keys that rotate by themselves](rotation.md) has the reasons.',
      ),
    ],
    sources,
  )
}
