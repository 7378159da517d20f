import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { requireScopes, CountersignError } from '@countersign/core'
import type { Verifier } from '@countersign/core'
import { authenticateRequest, checkGuard, getPrincipal } from '@countersign/core/adapter'
import { sendRaw } from '../contract/raw-client.js'
import type { ContractAnswer } from '../contract/raw-client.js'

/** An API with nothing between Node and the pipe. `/write` wants the scope `orders:write`, any other path none. */
export interface Api {
  readonly url: string
  /** Sends a GET with these fields, each as it is given. */
  get(path: string, ...fields: readonly (readonly [name: string, value: string])[]): Promise<ContractAnswer>
  close(): Promise<void>
}

/** Starts the API on a loopback port. */
export async function startApi(verifier: Verifier): Promise<Api> {
  const server = createServer((req, res) => void answer(verifier, req, res))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    get: (path, ...fields) => sendRaw(port, { method: 'GET', path, fields }),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

async function answer(verifier: Verifier, req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    await authenticateRequest(verifier, req, { setHeader: (name, value) => res.setHeader(name, value) })
    if (req.url?.startsWith('/write') === true) await checkGuard(req, requireScopes('orders:write'), req)
    res.end(getPrincipal(req).subject)
  } catch (error) {
    const known = error instanceof CountersignError
    res.writeHead(known ? error.status : 500, known ? error.headers : {}).end()
  }
}
