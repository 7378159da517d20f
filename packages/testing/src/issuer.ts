import type { IssuerAnswer, IssuerRequest } from './answer.js'
import { systemClock } from './clock.js'
import { createKeyRing } from './key-ring.js'
import { openListener } from './listen.js'
import type { Listener } from './listen.js'
import { toDefaultJwksUri, toMetadata } from './metadata.js'
import { fail } from './outage-answers.js'
import { createOutages } from './outages.js'
import { isServed, respond, toEndpoint } from './responder.js'
import type { ResponderState, ServingOptions } from './responder.js'
import { testRuntime } from './runtime.js'
import { createTokenSigner } from './tokens.js'
import type { TestIssuer, TestIssuerOptions, TestRequest } from './types.js'

/**
 * Creates an issuer for tests: production names in memory, or a loopback endpoint.
 *
 * @throws TypeError (as a rejection) where an algorithm is unknown or named twice, or the issuer is no URL
 */
export async function createTestIssuer(options: TestIssuerOptions = {}): Promise<TestIssuer> {
  const { clock = systemClock, audience = 'https://api.example.com' } = options
  let name = options.issuer
  if (name !== undefined && !URL.canParse(name)) throw new TypeError(`issuer wants a URL, got ${JSON.stringify(name)}`)
  let jwksUri = options.jwksUri
  let overrides = options.metadata ?? {}
  let serving: ServingOptions = options
  const ring = await createKeyRing(options.algorithms ?? ['ES256'])
  const requests: TestRequest[] = []
  const listeners: Listener[] = []
  const outages = createOutages()

  const state: ResponderState = {
    get issuer() {
      if (name === undefined) throw new Error('This issuer has no name yet: pass { issuer } or await listen() first')
      return name
    },
    get jwksUri() {
      return jwksUri ?? toDefaultJwksUri(state.issuer)
    },
    get metadata() {
      const defaults = toMetadata(state.issuer, state.jwksUri, ring.algorithms)
      return { ...defaults, ...overrides }
    },
    get jwks() {
      return ring.toJwks()
    },
    get serving() {
      return serving
    },
  }
  const signer = createTokenSigner({
    get issuer() {
      return state.issuer
    },
    audience,
    clock,
    ring,
  })
  const close = async () => {
    await Promise.all(listeners.splice(0).map((listener) => listener.close()))
  }

  const settlePorts = async () => {
    await Promise.all(listeners.map((listener) => (outages.isDown ? listener.shut() : listener.open())))
  }
  const handle = (request: IssuerRequest, endpoint = toEndpoint(state, request.url)): IssuerAnswer => {
    const outage = outages.take(endpoint)
    requests.push({ ...request, endpoint, atMs: clock.now(), outage: outage?.kind })
    const ordinary = respond(state, request, endpoint)
    if (outage === undefined) return ordinary
    const { 'if-none-match': _tag, ...headers } = request.headers
    const full = respond(state, { ...request, method: 'GET', headers }, endpoint)
    return fail(outage.kind, { request, endpoint, ordinary, full }, outage.options)
  }

  const issuer: TestIssuer = {
    get issuer() {
      return state.issuer
    },
    get jwksUri() {
      return state.jwksUri
    },
    get jwks() {
      return state.jwks
    },
    keys: ring.keys,
    get metadata() {
      return structuredClone(state.metadata)
    },
    set metadata(members) {
      overrides = members
    },
    requests,
    clock,
    get runtime() {
      return runtime
    },
    ...signer,
    rotate: (rotation) => ring.rotate(rotation),
    withdraw: (kid) => ring.withdraw(kid),
    publish: (jwk) => ring.publish(jwk),
    configure(changes) {
      if ('jwksUri' in changes) jwksUri = changes.jwksUri
      serving = { ...serving, ...changes }
    },
    async listen(listenOptions = {}) {
      const listener = await openListener(handle, listenOptions)
      listeners.push(listener)
      await settlePorts()
      if (options.issuer === undefined) name = `${listener.url}${options.path ?? ''}`
      return listener
    },
    serves: (url) => isServed(state, url),
    async outage(kind, outageOptions = {}) {
      if (kind === 'down' && outageOptions.requests !== undefined && listeners.length > 0)
        throw new TypeError('A port that is shut sees no requests to count: end the outage with recover()')
      outages.start(kind, outageOptions)
      await settlePorts()
    },
    async recover() {
      outages.end()
      await settlePorts()
    },
    handle,
    close,
    [Symbol.asyncDispose]: close,
  }
  const runtime = testRuntime(issuer)
  return issuer
}
