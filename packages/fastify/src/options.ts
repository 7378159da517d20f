import type { Verifier, VerifierOptions } from '@countersign/core'
import { flag, invalid, oneOf, optional, readTable, toVerifier } from '@countersign/core/adapter'
import type { Registration } from './registration.js'

/** How the plugin treats routes. */
export interface RouteDefaults {
  /** What holds for a route that says nothing in `config.auth`. Default `'protected'`. */
  readonly default?: 'protected' | 'open' | undefined
  /** Lets a request pass that has neither an `Authorization` nor a `DPoP` field. Anything else there is judged. Default `false`. */
  readonly optional?: boolean | undefined
}

/** The options of `register(countersign, …)`: a verifier, or the options of a new one, which the plugin then closes. */
export type CountersignOptions = RouteDefaults &
  ((VerifierOptions<unknown> & { readonly verifier?: undefined }) | { readonly verifier: Verifier<unknown> })

const REGISTRATION_KEYS = new Set(['prefix', 'logLevel', 'logSerializers'])

const DEFAULTS_TABLE = {
  default: optional(oneOf(['protected', 'open']), 'protected'),
  optional: optional(flag, false),
}

/** A registration, and whether its verifier was made for it. */
export interface ReadRegistration extends Registration {
  readonly owned: boolean
}

/**
 * Reads the plugin's options.
 *
 * @throws ConfigurationError naming the option, what it got, what it wants and the fix
 */
export function readOptions(options: CountersignOptions): ReadRegistration {
  const { default: routes, optional: pass, verifier, ...rest } = withoutRegistrationKeys(options)
  const defaults = readTable<{ default: 'protected' | 'open'; optional: boolean }>(
    DEFAULTS_TABLE,
    { default: routes, optional: pass },
    '',
  )
  if (verifier === undefined) {
    if (typeof (rest as { readonly authenticate?: unknown }).authenticate === 'function') {
      const fix = 'Pass it as { verifier }.'
      throw invalid({ option: 'options', got: 'a verifier', wants: 'the options of the plugin', fix })
    }
    return { ...defaults, verifier: toVerifier(rest as VerifierOptions<unknown>), owned: true }
  }
  readTable({}, rest, '')
  if (typeof (verifier as Partial<Verifier> | null)?.authenticate !== 'function') {
    throw invalid({
      option: 'verifier',
      got: verifier,
      wants: 'what createVerifier returns',
      fix: 'To have one made, pass its options in its place.',
    })
  }
  return { ...defaults, verifier, owned: false }
}

/** Fastify hands its own keys to every plugin: they are no unknown options of ours. */
function withoutRegistrationKeys(options: CountersignOptions): CountersignOptions {
  const own = Object.entries(options).filter(([name]) => !REGISTRATION_KEYS.has(name))
  return Object.fromEntries(own) as unknown as CountersignOptions
}
