import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { findFreePort } from '../../scripts/free-port.mjs'

describe('a free port', () => {
  it('is given once, and is none that the system gives to an outgoing connection', async () => {
    const ports = await Promise.all(Array.from({ length: 100 }, findFreePort))
    expect(new Set(ports).size).toBe(100)
    expect(Math.max(...ports)).toBeLessThan(32_768)
  })

  it('can be listened on', async () => {
    const port = await findFreePort()
    const server = createServer().listen(port, '127.0.0.1')
    await once(server, 'listening')
    expect(server.address()).toMatchObject({ port })
    server.close()
    await once(server, 'close')
  })
})
