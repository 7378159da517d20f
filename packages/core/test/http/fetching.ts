import { createFetch } from '../../src/http/fetch.js'
import type { Fetch, FetchRequest, FetchResponse } from '../../src/http/fetch-request.js'
import type { FindAddresses } from '../../src/http/fetch-names.js'
import { startDeadline } from '../../src/http/fetch-deadline.js'
import { toNamedHost } from '../../src/http/fetch-url.js'
import type { NetworkRules } from '../../src/rules.js'
import { systemRuntime } from '../../src/runtime.js'
import type { Runtime } from '../../src/runtime.js'

/** Rules under which a test may reach loopback; everything else as it is by default. */
export const network: NetworkRules = {
  timeoutMs: 3_000,
  maxBytes: 524_288,
  allowInsecureLoopback: true,
  ca: undefined,
  proxyUrl: undefined,
  dangerouslyAllowHttpHosts: [],
}

export interface FetchOnce extends Partial<Omit<FetchRequest, 'url' | 'signal' | 'named'>> {
  readonly network?: Partial<NetworkRules>
  readonly runtime?: Partial<Runtime>
  readonly findAddresses?: FindAddresses
  /** URLs whose hosts the configuration names; by default the one that is fetched. */
  readonly named?: readonly string[]
}

/** One guarded fetch under its own deadline. */
export async function fetchOnce(url: string, options: FetchOnce = {}): Promise<FetchResponse> {
  const { network: rules, runtime, findAddresses, named = [url], ...request } = options
  const all = { ...network, ...rules }
  const fetch: Fetch = createFetch(
    all,
    { ...systemRuntime, ...runtime },
    ...(findAddresses === undefined ? [] : [findAddresses]),
  )
  const deadline = startDeadline(all.timeoutMs)
  try {
    const hosts = new Map(named.filter((each) => URL.canParse(each)).map((each) => [toNamedHost(each), 'any'] as const))
    return await fetch({ issuer: 'https://issuer.example', url, named: hosts, signal: deadline.signal, ...request })
  } finally {
    deadline.stop()
  }
}
