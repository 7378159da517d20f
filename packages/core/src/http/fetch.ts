import { publishUpstreamEvent } from '../diagnostics.js'
import type { Reason } from '../error-table.js'
import { UpstreamError } from '../errors.js'
import type { ErrorDetail } from '../errors.js'
import type { NetworkRules } from '../rules.js'
import type { Runtime } from '../runtime.js'
import { findAddresses as findAddressesOfNames } from './fetch-names.js'
import type { FindAddresses } from './fetch-names.js'
import { sendInjected } from './fetch-injected.js'
import type { Fetch, FetchAnswer } from './fetch-request.js'
import { sendOverSocket } from './fetch-socket.js'
import { parseFetchTarget, toLoggedUrl } from './fetch-url.js'

/**
 * Creates the one way out of this process: https alone unless the rules except a host, checked addresses, no redirects, no cookies, no
 * ambient credentials, one deadline and one cap on size. Keeps no connection and no state.
 *
 * With `runtime.fetch` injected, addresses, certificates and proxies are the caller's own risk; the rest still holds.
 * Not checked: the content type, and what the body says.
 *
 * @throws UpstreamError (the promise rejects) `ERR_UPSTREAM_URL`, `ERR_UPSTREAM_ADDRESS`, `ERR_UPSTREAM_NETWORK`, `ERR_UPSTREAM_TIMEOUT`,
 * `ERR_UPSTREAM_STATUS`, `ERR_UPSTREAM_REDIRECT`, `ERR_UPSTREAM_CONTENT`, `ERR_UPSTREAM_TOO_LARGE`
 */
export function createFetch(
  network: NetworkRules,
  runtime: Runtime,
  findAddresses: FindAddresses = findAddressesOfNames,
): Fetch {
  return async (request) => {
    const startedAtMs = runtime.monotonicNow()
    let answer: FetchAnswer | undefined
    let outcome: 'ok' | Reason = 'ok'
    let detail: ErrorDetail | undefined
    let bytes = 0
    try {
      request.signal.throwIfAborted()
      const target = parseFetchTarget(request.url, request.named, network)
      answer =
        runtime.fetch === undefined
          ? await sendOverSocket(request, target, network, findAddresses)
          : await sendInjected(request, network, runtime.fetch)
      checkStatus(answer, request.statuses ?? [200])
      checkLength(answer, network.maxBytes)
      const body = await answer.read()
      bytes = body.length
      const { status, header } = answer
      return { status, header, body }
    } catch (error) {
      outcome = error instanceof UpstreamError ? error.reason : 'ERR_UNEXPECTED'
      detail = error instanceof UpstreamError ? error.detail : undefined
      throw withUrl(error, request.url)
    } finally {
      answer?.discard()
      publishUpstreamEvent({
        issuer: request.issuer,
        url: toLoggedUrl(request.url),
        address: answer?.address,
        status: answer?.status,
        outcome,
        detail,
        bytes,
        durationMs: runtime.monotonicNow() - startedAtMs,
      })
    }
  }
}

/** Says which of several requests failed, which is the first thing that whoever reads the log wants to know. */
function withUrl(error: unknown, url: string): unknown {
  if (!(error instanceof UpstreamError)) return error
  const { reason, detail, cause } = error
  return new UpstreamError(reason, { detail: { ...detail, url: toLoggedUrl(url) }, cause })
}

/** None of the documents we fetch needs a redirect, and each hop would be a new host chosen by whoever answers. */
function checkStatus({ status, redirected }: FetchAnswer, wanted: readonly number[]): void {
  if (wanted.includes(status) && !redirected) return
  if (redirected || (status >= 300 && status < 400 && status !== 304)) {
    throw new UpstreamError('ERR_UPSTREAM_REDIRECT', { detail: { status } })
  }
  throw new UpstreamError('ERR_UPSTREAM_STATUS', { detail: { status } })
}

/** What says that it is too long is not read at all. */
function checkLength(answer: FetchAnswer, maxBytes: number): void {
  if (Number(answer.header('content-length') ?? 0) > maxBytes) {
    throw new UpstreamError('ERR_UPSTREAM_TOO_LARGE', { detail: { maxBytes } })
  }
}
