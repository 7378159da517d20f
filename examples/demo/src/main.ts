import { parseArgs } from 'node:util'
import { AUDIENCE, startApis, startInstances } from './apis.js'
import type { Api, OnRefusal } from './apis.js'
import { playAudit, readLinesOf } from './audit-scene.js'
import { prepareBoundCalls } from './bound-calls.js'
import { makeCall, prepareCalls } from './calls.js'
import type { Result } from './calls.js'
import { playDelegation, playDeployment } from './federation-calls.js'
import { openMemory } from './memory.js'
import { startProvider, TOKEN_LIFETIME_SECONDS } from './providers.js'
import type { OpenIdProvider } from './providers.js'
import { playKeyScenes } from './scenes.js'
import { toTable } from './table.js'
import { startFederation } from './token-service.js'
import type { Federation } from './token-service.js'

const HELP = `Usage: npm run demo [-- --serve]

Starts two OpenID Providers and one API on each of Express, Fastify and Koa, calls every API with
good and bad tokens, steals a bound one, exchanges some, reads and forges the audit trail, and prints what came of it. Exits with 0 if every answer was the expected one.

  --serve     then leave everything running and print calls to try; Ctrl-C ends it
  -h, --help  print this`

/** Closed in reverse order of their start. */
const running: { close(): Promise<void> }[] = []

try {
  process.exitCode = await main(process.argv.slice(2))
} finally {
  for (const part of running.reverse()) await part.close()
}

async function main(args: readonly string[]): Promise<number> {
  const flags = readFlags(args)
  if (typeof flags === 'string') {
    console.error(`${flags}\n\n${HELP}`)
    return 2
  }
  if (flags.help) {
    console.log(HELP)
    return 0
  }

  console.log('Starting two OpenID Providers')
  const [acme, partner] = await Promise.all([
    startProvider({ name: 'acme', algorithm: 'ES256', scope: 'orders:read orders:write' }),
    startProvider({ name: 'partner', algorithm: 'RS256', scope: 'orders:read' }),
  ])
  running.push(acme, partner)
  for (const { name, issuer, algorithm } of [acme, partner]) printLine(name, issuer, `signs with ${algorithm}`)

  console.log('Starting one API on each framework; all trust both providers')
  const reasons: string[] = []
  let onRefusal: OnRefusal = (_framework, reason) => {
    reasons.push(reason)
  }
  const apis = await startApis([acme.issuer, partner.issuer], (framework, reason) => onRefusal(framework, reason))
  running.push(...apis)
  for (const { framework, url } of apis) printLine(framework, url)

  console.log('Obtaining tokens by client credentials, forging others, calling every API\n')
  const calls = await prepareCalls(acme, partner)
  const names = new Map([acme, partner].map(({ issuer, name }) => [issuer, name]))
  const results: Result[] = []
  for (const api of apis) {
    for (const call of calls) results.push(await makeCall(api, call, names, () => reasons.splice(0).at(-1)))
  }
  console.log(toTable(results, process.stdout.isTTY && process.stdout.hasColors()))
  const wrong = results.filter(({ matched }) => !matched).length
  console.log(`\n${results.length} calls, ${wrong === 0 ? 'all as expected' : `${wrong} not as expected`}`)

  const shown = (await showTheft(acme)) + (await showTokenService(acme))
  const failures = flags.serve ? shown : shown + (await showKeyScenes())

  if (flags.serve) {
    onRefusal = (framework, reason) => console.log(`${framework} refused: ${reason}`)
    await printCallsToTry(apis, acme, partner)
    await new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve))
    console.log('\nClosing')
  }
  return wrong + failures === 0 ? 0 : 1
}

/** What a thief can do with a token that is bound to a key, on the instance that took it and on the other one. */
async function showTheft(acme: OpenIdProvider): Promise<number> {
  const memory = await openMemory()
  running.push(memory)
  console.log(`\nBinding a token to a key, then stealing it; two instances share their memory: ${memory.name}`)
  const reasons: string[] = []
  const onRefusal: OnRefusal = (_framework, reason) => void reasons.push(reason)
  const instances = await startInstances(acme.issuer, memory.open, onRefusal)
  running.push(...instances)
  const names = new Map([[acme.issuer, acme.name]])
  const results: Result[] = []
  for (const { on, call } of await prepareBoundCalls(acme)) {
    results.push(await makeCall(instances[on], call, names, () => reasons.splice(0).at(-1)))
  }
  console.log(`\n${toTable(results, process.stdout.isTTY && process.stdout.hasColors())}`)
  return results.filter(({ matched }) => !matched).length
}

/** What a token service makes of a user's token, and of a job that has no secret; and what an auditor finds of it afterwards. */
async function showTokenService(acme: OpenIdProvider): Promise<number> {
  console.log('\nStarting a token service on Fastify, and two APIs that take its tokens alone: billing and production')
  const federation = await startFederation(acme.issuer)
  const { ledger } = federation
  running.push({ close: ledger.discard })
  const { delegation, token, deployment } = await playFederation(federation, acme)
  showScene('Calling billing for alice, who called orders', delegation)
  showScene('Deploying from CI without a secret', deployment)

  console.log('\nWhat the audit trail says of the token that orders was given: its exchange, and its use\n')
  for (const line of await readLinesOf(token, ledger)) console.log(line)
  const audit = await playAudit(ledger)
  showScene('Verifying the trail, and copies of it that somebody has changed', audit)
  return [...delegation, ...deployment, ...audit].filter(({ matched }) => !matched).length
}

/** Ends the federation, and with it the trail: what is read afterwards is all of it. */
async function playFederation(federation: Federation, acme: OpenIdProvider) {
  try {
    const { results: delegation, token } = await playDelegation(federation, acme)
    return { delegation, token, deployment: await playDeployment(federation) }
  } finally {
    await federation.close()
  }
}

function showScene(title: string, results: readonly Result[]): void {
  console.log(`\n${title}\n\n${toTable(results, process.stdout.isTTY && process.stdout.hasColors())}`)
}

/** A provider of its own, because the scenes end with it gone. */
async function showKeyScenes(): Promise<number> {
  console.log("\nRotating a third provider's keys under load, then taking it away")
  const provider = await startProvider({ name: 'third', algorithm: 'ES256', scope: 'orders:read' })
  running.push(provider)
  const { rotation, outage } = await playKeyScenes(provider)
  for (const [scene, { calls, failures, remark }] of Object.entries({ rotation, outage })) {
    console.log(`  ${scene.padEnd(9)} ${calls} calls, ${failures} failures; ${remark}`)
  }
  return rotation.failures + outage.failures
}

function readFlags(args: readonly string[]): { readonly serve: boolean; readonly help: boolean } | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { serve: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
    })
    return { serve: values.serve, help: values.help }
  } catch (error) {
    return error instanceof Error ? error.message.replace(/\. .*/s, '') : String(error)
  }
}

function printLine(name: string, url: string, remark = ''): void {
  console.log(`  ${name.padEnd(8)}${url}  ${remark}`.trimEnd())
}

async function printCallsToTry(apis: readonly Api[], acme: OpenIdProvider, partner: OpenIdProvider): Promise<void> {
  const [first, second = first, third = first] = apis.map(({ url }) => url)
  const fresh = (variable: string, { tokenEndpoint, client, scope }: OpenIdProvider) =>
    `${variable}=$(curl -s ${tokenEndpoint} -u '${client.id}:${client.secret}' -d grant_type=client_credentials \\
    -d 'scope=${scope}' -d resource=${AUDIENCE} | sed -E 's/.*"access_token":"([^"]+)".*/\\1/')`
  console.log(`
Everything keeps running; Ctrl-C ends it. Real tokens, good for ${TOKEN_LIFETIME_SECONDS / 60} minutes:

  ACME=${await acme.requestToken(acme.scope, AUDIENCE)}

  PARTNER=${await partner.requestToken(partner.scope, AUDIENCE)}

Try them; the reason of a refusal shows here, not there:

  curl -i ${first}/orders -H "Authorization: Bearer $ACME"             # 200
  curl -i ${second}/orders -H "Authorization: Bearer $PARTNER"          # 200: another issuer, the same principal type
  curl -i -X POST ${third}/orders -H "Authorization: Bearer $PARTNER"  # 403: may only read
  curl -i ${first}/orders                                            # 401

Fresh tokens:

  ${fresh('ACME', acme)}

  ${fresh('PARTNER', partner)}

An example against the same providers (see examples/express/README.md):

  ISSUERS=${acme.issuer},${partner.issuer} node examples/express/server.js
`)
}
