import { readFileSync } from 'node:fs'
import { Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { sendRaw } from './raw-client.js'

const fields = [['Authorization', 'Bearer x.y.z']] as const

afterEach(() => vi.restoreAllMocks())

/** Gives every server that listens a free port in place of its own. */
function watchServers(): Server[] {
  const servers: Server[] = []
  const listen = Server.prototype.listen as (port: number, host: string) => Server
  vi.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server) {
    servers.push(this)
    return listen.call(this, 0, '127.0.0.1')
  })
  return servers
}

describe.each(['express', 'fastify', 'koa'])('the quick start of @countersign/%s', (adapter) => {
  const code = readFileSync(new URL(`readmes/${adapter}.js`, import.meta.url), 'utf8')

  it('is what its README shows, in at most 12 lines', () => {
    const readme = readFileSync(new URL(`../../packages/${adapter}/README.md`, import.meta.url), 'utf8')
    expect(readme).toContain(`\n\`\`\`js\n${code}\`\`\`\n`)
    expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(12)
  })

  it('runs, and is closed', async () => {
    const servers = watchServers()
    await import(`./readmes/${adapter}.js`)
    const server = servers[0] as Server
    await vi.waitUntil(() => server.listening)
    const { port } = server.address() as AddressInfo
    const answers = [
      await sendRaw(port, { method: 'GET', path: '/orders', fields: [] }),
      await sendRaw(port, { method: 'GET', path: '/orders', fields }),
    ]
    await new Promise((resolve) => server.close(resolve))
    expect(answers.map((answer) => [answer.status, answer.fields['www-authenticate']])).toEqual([
      [401, ['Bearer realm="api"']],
      [401, ['Bearer realm="api", error="invalid_token", error_description="The access token is invalid or expired"']],
    ])
  })
})
