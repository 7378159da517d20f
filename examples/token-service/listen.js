// The token service on each framework: the same handler, mounted.
import { once } from 'node:events'
import { mount as mountExpress } from '@countersign/express'
import { mount as mountFastify } from '@countersign/fastify'
import { mount as mountKoa } from '@countersign/koa'
import express from 'express'
import fastify from 'fastify'
import Koa from 'koa'

/** @type {Readonly<Record<string, (service: import('@countersign/core').HttpHandler, port: number) => Promise<import('node:http').Server>>>} */
const frameworks = {
  async express(service, port) {
    const app = express()
    // Before body parsers: the service reads its forms itself. In an application with more in it, at the service's paths.
    app.use(mountExpress(service))
    return app.listen(port, '127.0.0.1')
  },
  async fastify(service, port) {
    const app = fastify()
    await app.register(mountFastify(service))
    await app.listen({ host: '127.0.0.1', port })
    return app.server
  },
  async koa(service, port) {
    const app = new Koa()
    app.use(mountKoa(service))
    return app.listen(port, '127.0.0.1')
  },
}

/**
 * Serves on a port of this machine; gives the server, and its port.
 * @param {string} framework
 * @param {import('@countersign/core').HttpHandler} service
 * @param {number} wanted
 */
export async function listen(framework, service, wanted) {
  const start = frameworks[framework]
  if (start === undefined) throw new Error(`FRAMEWORK is one of ${Object.keys(frameworks).join(', ')}`)
  const server = await start(service, wanted)
  if (!server.listening) await once(server, 'listening')
  const address = server.address()
  return { server, port: typeof address === 'object' ? address?.port : wanted }
}
