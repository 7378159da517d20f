/** What is read of a request, and of the connection beneath it. */
interface RawRequest {
  readonly rawHeaders?: readonly string[] | undefined
  readonly socket?:
    | { readonly server?: { readonly maxHeadersCount?: number | null | undefined } | undefined }
    | null
    | undefined
}

/** What Node keeps where the server says nothing else. */
const KEPT_FIELDS = 1_000

/**
 * Whether Node may have dropped fields of a request: it keeps `server.maxHeadersCount` of them, and older versions of it drop the rest
 * without a word, where the proxy in front sees them all. A request with just as many counts as cut too.
 */
export function isCut({ rawHeaders, socket }: RawRequest): boolean {
  if (rawHeaders === undefined) return false
  const most = socket?.server?.maxHeadersCount ?? KEPT_FIELDS
  // Names and values are one list. None is as many as there are.
  return most > 0 && rawHeaders.length >= most * 2
}
