/** What a script may not do is told in words. */
const DENIED_SCRIPT = /can't run this command|can't access/

/**
 * The word with which a server's error begins, such as `OOM`, `NOPERM` or `READONLY`; else the code or the name of the error. The
 * rest of the message may quote keys and user names. `NOPERM` also where it is a script that may not do something.
 */
export function toFailure(error: unknown): string {
  if (DENIED_SCRIPT.test(toMessage(error))) return 'NOPERM'
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  const word = /^-?([A-Z]{3,20})[: ]|signalled by the server: - (\w{1,64}):/.exec(toMessage(error))
  const isShort = (text: unknown): text is string => typeof text === 'string' && /^\w{1,64}$/.test(text)
  return [word?.[1], word?.[2], code, name].find(isShort) ?? 'Error'
}

/** Whether a server answered, with an error: trying again at once would bring the same. */
export function isRefusal(error: unknown): boolean {
  return /^-?[A-Z]{3,}[: ]|signalled by the server/.test(toMessage(error))
}

/** Whether the user of a connection may not do something. */
export function isDenial(error: unknown): boolean {
  return /NOPERM|PermissionDenied/.test(toMessage(error)) || DENIED_SCRIPT.test(toMessage(error))
}

/** Whether a key holds something of another type than the command is about. */
export function isWrongType(error: unknown): boolean {
  return /WRONGTYPE/.test(toMessage(error))
}

/** Whether a server has never seen a script, or has forgotten it. */
export function isUnknownScript(error: unknown): boolean {
  return /NOSCRIPT|NoScriptError/.test(toMessage(error))
}

function toMessage(error: unknown): string {
  const message: unknown = (error as { message?: unknown } | null | undefined)?.message
  return typeof message === 'string' ? message : ''
}
