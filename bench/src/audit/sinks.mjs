// Events a second of each sink, by how many callers wait at once.
import { openSync, closeSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'
import { fileSink, pinoSink, stdoutSink } from '@countersign/audit'
import { migrate, postgresAuditSink } from '@countersign/postgres'
import pg from 'pg'
import pino from 'pino'
import { interleave } from '../rounds.mjs'
import { startPostgres } from './postgres.mjs'
import { createTrail } from './trail.mjs'

/** @import { AuditEntry, AuditSink } from '@countersign/core' */
/** @import { Context, Group, Sample } from '../types.js' */

/**
 * @typedef {object} Recording
 * @property {string} name
 * @property {() => Promise<unknown>} record one event, until it is kept
 * @property {() => Promise<unknown>} close
 */

const BARE = 'one line, one fdatasync'

/** An exchange, which is waited for. @type {AuditEntry} */
const entry = {
  type: 'token.exchange',
  outcome: 'success',
  request: { id: 'b7ad6b7169203331', method: 'POST', route: '/token', ip: '192.0.2.7' },
  subject: { iss: 'https://login.acme.example', sub: 'auth0|65f0c3d2a9b1e4f700000001', kind: 'user' },
  client: { id: 'orders', authMethod: 'private_key_jwt', keyId: 'orders-1' },
  target: { name: 'billing', audience: ['https://billing.example.com'], resource: [] },
  scope: { requested: ['invoice:read'], granted: ['invoice:read'], dropped: [] },
  exchange: {
    profile: 'rfc8693',
    mode: 'delegation',
    depth: 1,
    subjectTokenType: 'urn:ietf:params:oauth:token-type:jwt',
    issuedTokenType: 'urn:ietf:params:oauth:token-type:access_token',
  },
  tokens: {
    subject: {
      fp: 'hmac256:1:b0yk2nYl6mY6lAsoMyv8Bw6pPYCmzdYVrJvMR3RJXG4',
      jti: 'f2a1',
      alg: 'RS256',
      exp: 1_795_000_000,
    },
    issued: {
      fp: 'hmac256:1:tWqB3nYl6mY6lAsoMyv8Bw6pPYCmzdYVrJvMR3RJXG4',
      jti: '9c3e',
      alg: 'ES256',
      exp: 1_795_000_000,
    },
  },
  policy: {
    id: 'production',
    hash: 'sha256:Q0yk2nYl6mY6lAsoMyv8Bw6pPYCmzdYVrJvMR3RJXG4',
    rule: 'orders-to-billing',
    mode: 'enforce',
  },
  durationMs: 1.25,
}

/**
 * @param {Context} context
 * @param {string} folder
 * @returns {Promise<Group[]>}
 */
export async function runSinks({ settings, say }, folder) {
  const { rounds, batchMs, callers } = settings.audit
  /** @type {Recording[]} */
  const recordings = []
  const groups = []
  try {
    recordings.push(await openBare(path.join(folder, 'bare.jsonl')))
    for (const openOne of [openNothing, openFile, openStdout, openPino]) recordings.push(await openOne(folder))
    const database = await openPostgres(say)
    if (database !== undefined) recordings.push(database)
    for (const many of callers) {
      say(`audit: sinks, ${many} at once`)
      const players = recordings.map(({ name, record }) => ({ name, play: () => measure(record, many, batchMs) }))
      await interleave(players, 1)
      /** @type {Group} */
      const group = {
        section: 'audit',
        name: `events, ${many} at once`,
        base: BARE,
        metrics: [
          { key: 'eps', title: 'events a second', unit: '/s', rate: true },
          { key: 'cpu', title: 'CPU an event', unit: 'µs' },
          { key: 'p99', title: 'p99', unit: 'ms' },
        ],
        contenders: await interleave(players, rounds),
      }
      groups.push(group)
    }
  } finally {
    for (const { close } of recordings) await close()
  }
  return groups
}

/**
 * @param {Recording['record']} record
 * @param {number} callers
 * @param {number} batchMs
 * @returns {Promise<Sample>}
 */
async function measure(record, callers, batchMs) {
  /** @type {number[]} */
  const waits = []
  const cpu = process.cpuUsage()
  const startedMs = performance.now()
  const goOn = async () => {
    for (let sentMs = performance.now(); sentMs < startedMs + batchMs;) {
      await record()
      const nowMs = performance.now()
      waits.push(nowMs - sentMs)
      sentMs = nowMs
    }
  }
  await Promise.all(Array.from({ length: callers }, goOn))
  const seconds = (performance.now() - startedMs) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  waits.sort((a, b) => a - b)
  return {
    eps: waits.length / seconds,
    cpu: (user + system) / waits.length,
    p99: waits[Math.floor(waits.length * 0.99)] ?? NaN,
  }
}

/**
 * A trail over one sink.
 * @param {string} name
 * @param {AuditSink} sink
 * @param {() => unknown} [release]
 * @returns {Promise<Recording>}
 */
async function openTrail(name, sink, release) {
  const trail = createTrail(sink)
  await trail.ready()
  const close = async () => {
    await trail.close()
    await release?.()
  }
  return { name, record: () => trail.record(entry), close }
}

/**
 * The least that keeps a line: callers take turns at it.
 * @param {string} file
 * @returns {Promise<Recording>}
 */
async function openBare(file) {
  const handle = await open(file, 'a')
  const line = `${JSON.stringify({ ...entry, chain: { stream: 'x'.repeat(36), seq: 1, hash: 'x'.repeat(43) } })}\n`
  let last = Promise.resolve()
  const append = async () => {
    await handle.write(line)
    await handle.datasync()
  }
  return { name: BARE, record: () => (last = last.then(append)), close: () => handle.close() }
}

/** What the trail itself costs. */
function openNothing() {
  return openTrail('a sink that keeps nothing', { name: 'nothing', durability: 'os', write: async () => {} })
}

/** @param {string} folder */
function openFile(folder) {
  return openTrail('file', fileSink(path.join(folder, 'events.jsonl'), { retention: { files: 1 } }))
}

/** As Node writes its standard output where that is a file. */
function openStdout() {
  const target = openSync('/dev/null', 'a')
  const stream = {
    write(/** @type {string} */ text, /** @type {() => void} */ done) {
      writeSync(target, text)
      done()
    },
  }
  return openTrail('standard output', toAwaited(stdoutSink(stream)), () => closeSync(target))
}

function openPino() {
  const logger = pino(pino.destination({ dest: '/dev/null', sync: true }))
  return openTrail('pino', toAwaited(pinoSink(logger)))
}

/**
 * Called what it is not, so that callers wait for it and events a second can be counted.
 * @param {AuditSink} sink
 * @returns {AuditSink}
 */
function toAwaited(sink) {
  return { ...sink, durability: 'os' }
}

/**
 * @param {Context['say']} say
 * @returns {Promise<Recording | undefined>}
 */
async function openPostgres(say) {
  const server = await startPostgres()
  if (server === undefined) {
    say('audit: PostgreSQL is left out: it is not on this machine')
    return undefined
  }
  const pool = new pg.Pool({ connectionString: server.url, max: 4, connectionTimeoutMillis: 5_000 })
  pool.on('error', () => {})
  try {
    await migrate(pool)
    return await openTrail('PostgreSQL', postgresAuditSink(pool), async () => {
      await pool.end()
      await server.stop()
    })
  } catch (error) {
    await server.stop()
    throw error
  }
}
