// How much of everything each form of the run does.

/** @import { Settings } from './types.js' */

/** Two minutes: the shape of the picture. @type {Settings} */
const quick = {
  mode: 'quick',
  verify: {
    rounds: 3,
    sittings: 1,
    batchMs: 15,
    warmUpCalls: 1_000,
    settlingCalls: 0,
    algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    peers: true,
  },
  http: { rounds: 2, seconds: 1, connections: 32, alone: false, algorithms: ['RS256'], all: true },
  growth: { rounds: 2, issuers: [1, 100, 10_000], keys: [1, 10, 100], tokens: [1_000, 10_000], tokenKiB: [0.5, 2, 8] },
  storms: { floodSeconds: 3, coldRequests: 500, peers: false },
  extras: { rounds: 4, batchMs: 15, all: true },
  exchange: { rounds: 2, seconds: 0.4, connections: [8] },
  audit: { rounds: 2, batchMs: 50, callers: [1, 64], requestRounds: 2, requestSeconds: 1 },
  start: { rounds: 3 },
}

/** What docs/performance.md is made of. @type {Settings} */
const full = {
  mode: 'full',
  verify: {
    rounds: 21,
    sittings: 1,
    batchMs: 60,
    warmUpCalls: 20_000,
    settlingCalls: 250_000,
    algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    peers: true,
  },
  http: { rounds: 7, seconds: 1, connections: 32, alone: true, algorithms: ['RS256', 'ES256'], all: true },
  growth: {
    rounds: 9,
    issuers: [1, 10, 100, 1_000, 10_000],
    keys: [1, 10, 100, 1_000],
    tokens: [1_000, 5_000, 10_000, 30_000, 100_000],
    tokenKiB: [0.5, 1, 2, 4, 8],
  },
  storms: { floodSeconds: 10, coldRequests: 500, peers: true },
  extras: { rounds: 15, batchMs: 50, all: true },
  exchange: { rounds: 9, seconds: 1, connections: [1, 8, 32] },
  audit: { rounds: 9, batchMs: 300, callers: [1, 64, 512], requestRounds: 13, requestSeconds: 1 },
  start: { rounds: 15 },
}

/** The bars, and what they are measured against, and nothing else. @type {Settings} */
const check = {
  mode: 'check',
  verify: {
    rounds: 45,
    sittings: 3,
    batchMs: 50,
    warmUpCalls: 20_000,
    settlingCalls: 250_000,
    algorithms: ['RS256', 'ES256', 'EdDSA'],
    peers: false,
  },
  http: { rounds: 9, seconds: 1, connections: 32, alone: false, algorithms: ['RS256', 'ES256'], all: false },
  growth: { rounds: 60, issuers: [1, 10_000], keys: [], tokens: [10_000, 50_000, 100_000], tokenKiB: [] },
  storms: { floodSeconds: 10, coldRequests: 500, peers: false },
  extras: { rounds: 0, batchMs: 0, all: false },
  exchange: { rounds: 0, seconds: 0, connections: [] },
  audit: { rounds: 0, batchMs: 0, callers: [], requestRounds: 16, requestSeconds: 1 },
  start: { rounds: 9 },
}

export const settings = Object.freeze({ quick, full, check })
