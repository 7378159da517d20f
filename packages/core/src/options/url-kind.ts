import { isHttpAllowed, isLoopbackHost, isPlainUrl } from '../http/fetch-url.js'
import type { NetworkRules } from '../rules.js'
import { invalid } from './fail.js'

/** Which plain http is allowed by the configuration. */
export type HttpAllowance = Pick<NetworkRules, 'allowInsecureLoopback' | 'dangerouslyAllowHttpHosts'>

/**
 * Checks that a URL from the configuration may be fetched from: https, or plain http where the configuration allows that
 * host; no user info, no fragment.
 *
 * @throws ConfigurationError naming `option`
 */
export function checkFetchUrl(value: string, option: string, allowance: HttpAllowance): void {
  const url = isPlainUrl(value) ? new URL(value) : undefined
  const wants = 'an https URL without user name and fragment'
  if (url === undefined)
    throw invalid({ option, got: value, wants, fix: 'Write it out in full, as in "https://login.example".' })
  if (url.username !== '' || url.password !== '' || value.includes('#')) {
    throw invalid({ option, got: value, wants, fix: 'Credentials belong in "headers".' })
  }
  if (url.protocol === 'https:') return
  if (url.protocol === 'http:' && isAllowed(url, allowance)) return
  const fix = isLoopbackHost(url)
    ? 'For a server on this machine set network.allowInsecureLoopback.'
    : toHostFix(url, allowance)
  throw invalid({ option, got: value, wants, fix })
}

/**
 * Checks that clients may be sent to a URL: https, or plain http on this machine, or on a host that the configuration takes the
 * risk of by name. Nothing is fetched from there.
 *
 * @throws ConfigurationError naming `option`
 */
export function checkServedUrl(value: string, option: string, wants: string, allowance: HttpAllowance): void {
  const url = new URL(value)
  if (url.protocol === 'https:' || isLoopbackHost(url) || isHttpAllowed(url, allowance)) return
  const fix = 'Tokens would cross the network in the clear; network.dangerouslyAllowHttpHosts takes that risk by name.'
  throw invalid({ option, got: value, wants, fix })
}

/** A host is named with its port, and a port that was forgotten is what most often keeps a named one from being it. */
function toHostFix(url: URL, { dangerouslyAllowHttpHosts }: HttpAllowance): string {
  const namesake = dangerouslyAllowHttpHosts.find((host) => host.toLowerCase().replace(/:\d+$/, '') === url.hostname)
  return namesake === undefined
    ? 'Anyone on the path could hand out keys over plain http; network.dangerouslyAllowHttpHosts takes that risk by name.'
    : `It is on another port than "${namesake}": add "${url.host}" to network.dangerouslyAllowHttpHosts.`
}

function isAllowed(url: URL, allowance: HttpAllowance): boolean {
  return (allowance.allowInsecureLoopback && isLoopbackHost(url)) || isHttpAllowed(url, allowance)
}
