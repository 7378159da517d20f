// docs/performance.md, from a summary and the checks alone: the same figures give the same page.
import { toBarTable, toFactTable, toGroupTables, toHttpSection, toProfileTables, toVerifySection } from './sections.mjs'

/** @import { Checks, Summary } from '../types.js' */

/**
 * @param {Summary} summary
 * @param {Checks} checks
 * @param {readonly { file: string, title: string, section: string }[]} plots paths as the page must write them
 * @returns {string} Markdown
 */
export function toPage(summary, checks, plots) {
  const show = (/** @type {string} */ section) =>
    plots.filter((plot) => plot.section === section).map(({ file, title }) => `![${title}](${file})`)
  const parts = [
    '<!-- Written by `pnpm bench --full`. Edit bench/src/report instead. -->',
    '# Performance',
    ...toIntroduction(summary),
    '## The bars',
    'What the project promises itself, as medians of one run of `pnpm bench --check`, which measures these alone, in more rounds than the tables below, ' +
      `and fails where one falls short: ${toCheckDates(checks)}. On another Node than 24 a ratio may be 15 % off. How many requests a server answers beside a peer depends on what else a request costs there, Express four times as much on Node 20 and 22 as on 24: ` +
      'where the server without authentication falls short of a bar even so, a run on another Node than 24 is held to that server.',
    toBarTable(checks),
    '## Verifying a token, in process',
    'The limit is bare `crypto.verify` with a ready key, the signed bytes cut out beforehand and, for ECDSA, the signature in DER. ' +
      'countersign does everything it does for a request: strict decoding, duplicate members, type, time, audience, mapping, a frozen principal.',
    'Measured once the heap has settled. Before the collector has gone over all of it for the first time since it grew, some seconds of load, each token takes pages that the ' +
      'system has to find first: 2 µs of its 24 (RS256). Rounds in which the limit or the contender took more than 1.15 of its own least were disturbed by something else on the machine, and are left out.',
    ...show('verify'),
    ...toVerifySection(summary),
    '## Over HTTP',
    'One route that answers with the subject; each server in a process of its own, load from another, over 32 connections or one. Express makes no ETag, as the others make none. All divided by the same server without authentication.',
    'What the load leaves of its core, a loop of the least priority takes. Two cores of a virtual machine are often one of the processor, which computes faster ' +
      'while the other rests, and the slower a server, the longer its clients rest: fastify-jwt-jwks takes 142 µs of CPU a request beside a core that never rests and 115 beside one that may, ' +
      'the server without authentication 29 and 27.',
    ...show('http'),
    ...toHttpSection(summary),
    '## What grows',
    'Issuers and keys: token cache off, nothing fetched, every issuer with a key of its own; of a set at most 100 keys are used. ' +
      'Memory: the token cache at its default of 5,000 entries.',
    ...show('growth'),
    ...toGroupTables(summary, 'growth'),
    ...toFactTable(summary, 'growth'),
    '## Storms',
    toStormsAbout(summary),
    ...toFactTable(summary, 'storms'),
    '## Guards, mapping, schema',
    'Beside the same verifier without them.',
    ...toGroupTables(summary, 'extras'),
    '## Exchanging tokens',
    'The token service on Express, its keys and its replay memory in memory, in a process of its own; load from another, so many requests ' +
      'at once. Each exchange verifies an ES256 token that is new, but for the one that says otherwise, and signs one with ES256. All ' +
      'divided by one bare `crypto.sign` with ES256, of 600 bytes with a ready key, of which a second has that many on one core; ' +
      'latencies by the wall time of one.',
    ...toGroupTables(summary, 'exchange'),
    '## The audit trail',
    'Events of exchanges, by so many callers at once who each wait until theirs is kept. Divided by the least that keeps a line: one write ' +
      'and one fdatasync, one after the other. CPU is of this process: PostgreSQL has its own. Standard output and pino go to /dev/null, and ' +
      'are waited for here alone. A sink that keeps nothing is what the trail itself costs.',
    'Hot requests and hot tokens are those of above, on Express, here with its ETag, and in process, beside the same without a trail; a file is written.',
    ...toGroupTables(summary, 'audit'),
    '## Importing',
    ...toGroupTables(summary, 'start'),
    '## Where the time goes',
    ...toProse(),
    ...toProfileTables(summary),
    '## What was compared',
    toVersions(summary),
  ]
  return `${parts.join('\n\n')}\n`
}

/** @param {Summary} summary */
function toStormsAbout({ facts }) {
  const about =
    'On Express, over loopback, each contender by its own defaults. The stated hour of countersign runs in process, by the clocks that a ' +
    'verifier can be given, with a new token every minute.'
  if (!facts.some(({ key }) => key.startsWith('hour.'))) return about
  return (
    `${about} Beside peers, all clocks of a server are put forward, and of six requests within an hour three come later than the ten ` +
    'minutes for which the peers keep keys.'
  )
}

/** @param {Summary} summary */
function toIntroduction({ environment, startedAt, seconds }) {
  const { node, openssl, cpu, cores, memoryGiB, platform, generator, isPlaced, load } = environment
  const place = isPlaced
    ? 'on another core than the servers, which is never idle'
    : 'which shares the cores with the server'
  return [
    `Measured on ${startedAt.slice(0, 10)} in one run of ${Math.round(seconds / 60)} minutes: Node ${node} (OpenSSL ${openssl}), ` +
      `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}; load from ${generator}, ${place}; ` +
      `load average before the run ${load}.`,
    'Contenders take turns, round by round and in another order each time, so that whatever else the machine does falls on all of them alike. ' +
      '**Every figure is a ratio within one round**: the median of the rounds, then the least and the greatest in parentheses. ' +
      'What stands behind the dot is the median in microseconds or the like; it says something about this machine alone.',
    '`pnpm bench` measures the same in under three minutes with fewer rounds, `pnpm bench --full` writes this page, ' +
      '`pnpm bench profile` says where the time goes, `pnpm bench --help` the rest.',
  ]
}

/** @param {Checks} checks */
function toCheckDates(checks) {
  return Object.values(checks)
    .map(({ node, startedAt, seconds, isPlaced }) => {
      const place = isPlaced ? ', the servers on one core and the load on another, which is never idle' : ''
      return `Node ${node} on ${startedAt.slice(0, 10)} (${toMinutes(seconds)}${place})`
    })
    .join(', ')
}

/** @param {number} seconds */
function toMinutes(seconds) {
  return `${(seconds / 60).toFixed(1)} minutes`
}

function toProse() {
  return [
    'Self time by the profiler of `node --cpu-prof`, from when everything is warm. `run` and `SignJob` are OpenSSL verifying a signature, ' +
      '`oneShotDigest` is SHA-256.',
    'Cold, OpenSSL has most of it: the signature cannot be had for less. Next come the strict reading of the JSON, which counts members to find ' +
      'one that is named twice and freezes what it built, and the Base64 of three segments. The JOSE header is decoded once per distinct text. ' +
      'Hot, two fifths are the SHA-256 of the token, which is the name of its entry: a shorter key would keep bearer tokens in the heap. ' +
      'The rest is the five checks that a remembered verdict must pass each time: issuer, key, time, binding, revocation.',
    'Promises are not the problem: taking every await out of the pipe saved 0.3 µs a token. What does cost is a hop to another thread, ' +
      'which is why signatures are verified on this one.',
    'Over HTTP, most of what a new token costs beyond its signature is not in these tables: whoever waits for an answer is woken for each one, ' +
      'and the code of the server and of OpenSSL push each other out of the caches. So a request with a new token waits until every socket that had something ' +
      'was read, and signatures are verified one after the other: on Express, 82 in place of 118 µs a request with RS256, 114 in place of 148 with ES256, ' +
      'and requests with known tokens do not stand behind them.',
    'The same holds for known tokens: what a server does between two requests takes their code out of the caches. While several requests come in one turn of the event loop, ' +
      'they are read, then judged, then answered, 64 at a time. On Express that makes 42 µs a hot request of 51, on Fastify 23 of 32, on Koa 30 of 40, and the server without ' +
      'authentication, which reads and answers one after the other, takes 45, 25 and 34. It is the order that saves this, not the judging: a server that kept it and judged nobody would be ' +
      'faster still. While requests come alone, as over one connection, those with a known token wait for nothing, and cost 1.0 to 1.3 times one without authentication.',
  ]
}

/** @param {Summary} summary */
function toVersions({ environment }) {
  return Object.entries(environment.versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(' · ')
}
