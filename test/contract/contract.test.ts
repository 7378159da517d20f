import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cases } from './cases.js'
import type { ContractCase } from './cases.js'
import { hosts } from './hosts/all.js'
import type { RunningHost } from './hosts/host.js'
import type { ContractAnswer } from './raw-client.js'
import { createWorld } from './world.js'
import type { TokenName, World } from './world.js'

const world: World = await createWorld()
afterAll(() => world.close())

function send(host: RunningHost, { method = 'GET', path, authorization = [], dpop = [] }: ContractCase) {
  const fields = [
    ...authorization.map((value) => ['Authorization', fill(value)] as const),
    ...dpop.map((value) => ['DPoP', value] as const),
  ]
  return host.send({ method, path, fields })
}

function fill(value: string): string {
  return value.replace(/\{(\w+)\}/g, (_, name: string) => world.tokens[name as TokenName])
}

/** The part of an answer that is one and the same on every framework. */
function toContract({ status, fields }: ContractAnswer) {
  return {
    status,
    challenge: fields['www-authenticate'],
    cacheControl: fields['cache-control'],
    // How many seconds depends on how long the outage has lasted.
    retryAfter: fields['retry-after']?.map((value) => value.replace(/^[1-9]\d?$/, 'some')),
  }
}

function expected({ status, challenge, retryAfter }: ContractCase) {
  return {
    status,
    challenge: challenge === undefined ? undefined : [challenge],
    cacheControl: status < 400 ? undefined : ['no-store'],
    retryAfter: retryAfter === true ? ['some'] : undefined,
  }
}

describe.each(hosts)('$name, under its own error handler', ({ start }) => {
  let host: RunningHost
  beforeAll(async () => {
    host = await start(world, 'default')
  })
  afterAll(() => host.close())

  it.each(cases)('$title', async (row) => {
    const answer = await send(host, row)
    expect(toContract(answer)).toEqual(expected(row))
  })

  it.each(cases.filter(({ answer }) => answer !== undefined))('$title: what the handler sees', async (row) => {
    expect(JSON.parse((await send(host, row)).body)).toEqual(row.answer)
  })
})

describe.each(hosts)('$name, under errorHandler()', ({ start }) => {
  let host: RunningHost
  beforeAll(async () => {
    host = await start(world, 'errorHandler')
  })
  afterAll(() => host.close())

  it.each(cases.filter(({ error }) => error !== undefined))('$title', async (row) => {
    const answer = await send(host, row)
    const [error, description] = row.error ?? []
    expect(toContract(answer)).toEqual(expected(row))
    expect(answer.fields['content-type']).toEqual(['application/json; charset=utf-8'])
    expect(answer.body).toBe(row.method === 'HEAD' ? '' : `{"error":"${error}","error_description":"${description}"}`)
  })
})
