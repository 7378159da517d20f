import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'

/** A TCP proxy: an address that stays while servers behind it come and go, and a cable that can be cut. */
export interface Proxy {
  readonly port: number
  readonly url: string
  /** Where new connections go from now on. */
  retarget(port: number): void
  /** Ends every connection, and refuses new ones until `mend`. */
  cut(): void
  mend(): void
  /** Keeps every connection, and delivers nothing more until `mend`. */
  stall(): void
  /** Delivers the next request that holds `text`, swallows what the server answers and ends the connection. */
  loseNextAnswer(text: string): void
  close(): Promise<void>
}

/** Starts a proxy in front of a port of this machine. */
export async function startProxy(target: number): Promise<Proxy> {
  let to = target
  let isCut = false
  let isStalled = false
  let losing: string | undefined
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    if (isCut) return void near.destroy()
    const far = connect(to, '127.0.0.1')
    let isLost = false
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.setNoDelay(true).on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
    near.on('data', (data) => {
      if (isStalled) return
      if (losing !== undefined && data.includes(losing)) {
        losing = undefined
        isLost = true
      }
      far.write(data)
    })
    far.on('data', (data) => {
      if (isStalled) return
      if (isLost) near.destroy()
      else near.write(data)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const end = (): void => sockets.forEach((socket) => void socket.destroy())
  return {
    port: address.port,
    url: `redis://127.0.0.1:${address.port}`,
    retarget(port) {
      to = port
    },
    cut() {
      isCut = true
      end()
    },
    mend() {
      isCut = false
      isStalled = false
    },
    stall() {
      isStalled = true
    },
    loseNextAnswer(text) {
      losing = text
    },
    async close() {
      server.close()
      end()
      await once(server, 'close')
    },
  }
}
