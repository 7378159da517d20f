import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CountersignError, createVerifier, memoryReplayStore, memoryRevocationStore } from '@countersign/core'
import type { AuditEntry, AuditRecorder, Verifier } from '@countersign/core'
import * as forExpress from '@countersign/express'
import * as forFastify from '@countersign/fastify'
import * as forKoa from '@countersign/koa'
import { createSigningKeys, createTokenService, localKeyWrapper, memoryKeys } from '@countersign/sts'
import express from 'express'
import type { NextFunction, Request, Response } from 'express'
import fastify from 'fastify'
import { SignJWT } from 'jose'
import Koa from 'koa'
import { openLedger } from './audit-trail.js'
import type { Ledger } from './audit-trail.js'

/** What the API calls itself whose callers are called on behalf of. */
export const ORDERS = 'https://orders.example.com'
const BILLING = 'https://billing.example.com'
const PRODUCTION = 'https://production.example.com'
const CI = 'https://ci.example'

/** A token service, a platform whose jobs it knows, and two APIs that take its tokens alone. */
export interface Federation {
  readonly issuer: string
  readonly billing: string
  readonly production: string
  /** The secret of each client that has one. */
  readonly secret: string
  /** What a job of the platform is given, on this branch. */
  signJobToken(branch: string): Promise<string>
  /** What was recorded last, or refused last by one of the APIs. */
  readLast(): string | undefined
  /** Where all three record what they did. */
  readonly ledger: Ledger
  /** Ends the servers, and then the trail. */
  close(): Promise<void>
}

/** Starts the token service on Fastify, billing on Express and production on Koa. `users`: the provider whose users call orders. */
export async function startFederation(users: string): Promise<Federation> {
  const notes: string[] = []
  const platform = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const secret = randomBytes(32).toString('base64url')
  const server = await listen(createServer())
  const issuer = toUrl(server)
  const ledger = await openLedger()
  const audit = withNotes(ledger.trail, notes)
  const service = await startService({ issuer, users, secret, platformKey: platform.publicKey, server, audit })
  const verifierOf = (audience: string): Verifier =>
    createVerifier({
      audience,
      issuers: [{ issuer, tokenProfile: 'rfc9068' }],
      network: { allowInsecureLoopback: true },
      audit: ledger.trail,
    })
  const refused = (error: unknown): void => {
    if (error instanceof CountersignError) notes.push(error.reason)
  }
  const [billing, production] = [verifierOf(BILLING), verifierOf(PRODUCTION)]
  const servers = [server, await serveBilling(billing, refused), await serveProduction(production, refused)] as const
  return {
    issuer,
    billing: toUrl(servers[1]),
    production: toUrl(servers[2]),
    secret,
    signJobToken: (branch) => signJobToken(branch, issuer, platform.privateKey),
    readLast: () => notes.splice(0).at(-1),
    ledger,
    async close() {
      for (const each of servers) {
        each.close()
        each.closeAllConnections()
      }
      await Promise.all([service.close(), billing.close(), production.close()])
      await ledger.trail.close()
    },
  }
}

/** The trail, with a note of what it took: the table shows the last. */
function withNotes(trail: AuditRecorder, notes: string[]): AuditRecorder {
  return {
    fingerprint: (token) => trail.fingerprint(token),
    async record(entry) {
      await trail.record(entry)
      if (!entry.type.startsWith('key.')) notes.push(toNote(entry))
    },
  }
}

interface ServiceParts {
  readonly issuer: string
  readonly users: string
  readonly secret: string
  readonly platformKey: KeyObject
  readonly server: Server
  readonly audit: AuditRecorder
}

async function startService({ issuer, users, secret, platformKey, server, audit }: ServiceParts) {
  const platform = { issuer: CI, keys: { jwks: { keys: [platformKey.export({ format: 'jwk' })] } } }
  const network = { allowInsecureLoopback: true }
  const verifier = createVerifier({ audience: [issuer, ORDERS], issuers: [users, platform], network })
  const signingKeys = createSigningKeys({ store: memoryKeys(), wrapper: localKeyWrapper([secret]), audit })
  const bySecret = { method: 'client_secret_basic', secrets: [secret] } as const
  const service = createTokenService({
    issuer,
    signingKeys,
    verifier,
    network,
    trust: [
      { use: 'subject', issuer: users, audiences: [ORDERS] },
      { use: 'client', issuer: CI },
    ],
    clients: [
      { clientId: 'orders', authentication: bySecret, audiences: [ORDERS] },
      { clientId: 'reports', authentication: bySecret },
      {
        clientId: 'deploy-shop',
        authentication: {
          method: 'workload',
          issuer: CI,
          claims: [
            { claim: 'repository_id', oneOf: ['74'] },
            { claim: 'ref', oneOf: ['refs/heads/main'] },
          ],
        },
        grants: ['client-credentials'],
      },
    ],
    targets: {
      billing: { audience: BILLING, scopes: ['invoice:read', 'invoice:write'] },
      production: { audience: PRODUCTION, scopes: ['deploy'] },
    },
    policy: {
      id: 'demo',
      rules: [
        {
          id: 'orders-to-billing',
          effect: 'allow',
          clients: ['orders', 'reports'],
          targets: ['billing'],
          subjectIssuers: [users],
          scopes: { 'orders:read': ['invoice:read'] },
        },
        {
          id: 'main-to-production',
          effect: 'allow',
          clients: ['deploy-shop'],
          targets: ['production'],
          subjectIssuers: [],
          grants: ['client-credentials'],
          grantScopes: ['deploy'],
        },
      ],
    },
    audit,
    replayStore: memoryReplayStore(),
    revocations: memoryRevocationStore(),
  })
  const app = fastify()
  await app.register(forFastify.mount(service))
  await app.ready()
  server.on('request', (req, res) => app.routing(req, res))
  return {
    async close() {
      await Promise.all([service.close(), verifier.close(), signingKeys.close()])
    },
  }
}

function toNote({ outcome, reason, policy }: AuditEntry): string {
  return outcome === 'success' ? `by the rule ${policy?.rule}` : (reason ?? outcome)
}

async function serveBilling(verifier: Verifier, refused: (error: unknown) => void): Promise<Server> {
  const app = express()
  app.use(forExpress.countersign(verifier))
  app.get('/invoices', forExpress.requireScopes('invoice:read'), (request, response) => {
    const { actor, payload, scopes } = forExpress.getAuth(request)
    response.json({ for: payload['sub_id'], actor, scopes })
  })
  app.use((error: unknown, _request: Request, _response: Response, next: NextFunction) => {
    refused(error)
    next(error)
  })
  app.use(forExpress.errorHandler())
  return listen(createServer((req, res) => void app(req, res)))
}

async function serveProduction(verifier: Verifier, refused: (error: unknown) => void): Promise<Server> {
  const app = new Koa()
  app.use(forKoa.errorHandler())
  app.use(async (_ctx, next) => {
    try {
      await next()
    } catch (error) {
      refused(error)
      throw error
    }
  })
  app.use(forKoa.countersign(verifier))
  app.use(forKoa.requireScopes('deploy'))
  app.use((ctx) => {
    const { clientId, scopes } = forKoa.getAuth(ctx)
    ctx.status = 201
    ctx.body = { client: clientId, scopes }
  })
  const handle = app.callback()
  return listen(createServer((req, res) => void handle(req, res)))
}

function signJobToken(branch: string, audience: string, key: KeyObject): Promise<string> {
  return new SignJWT({ repository: 'acme/shop', repository_id: '74', ref: `refs/heads/${branch}` })
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT' })
    .setIssuer(CI)
    .setSubject(`repo:acme/shop:ref:refs/heads/${branch}`)
    .setAudience(audience)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('5 min')
    .sign(key)
}

async function listen(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1')
  if (!server.listening) await once(server, 'listening')
  return server
}

function toUrl(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
