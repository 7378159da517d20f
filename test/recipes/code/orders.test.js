import { withPrincipal } from '@countersign/core/testing'
import { createTestClock, createTestIssuer } from '@countersign/testing'
import express from 'express'
import request from 'supertest'
import { expect, it } from 'vitest'
import { createApp, showOrders } from './orders.js'

it('shows the orders of whoever is signed in', async () => {
  const app = express()
  app.get('/', (req, res, next) => showOrders(withPrincipal(req, { subject: 'alice' }), res, next))
  const { body } = await request(app).get('/')
  expect(body).toEqual({ owner: 'https://login.example alice', orders: [] })
})

it('wants a scope, a token that has not expired, and keys', async () => {
  const clock = createTestClock()
  const acme = await createTestIssuer({ issuer: 'https://login.acme.example', clock })
  const app = createApp(acme.runtime)
  const get = async (/** @type {string} */ token) => {
    const { status } = await request(app).get('/orders').auth(token, { type: 'bearer' })
    return status
  }

  await acme.outage('down')
  expect(await get(await acme.token({ scope: 'orders:read' }))).toBe(503)
  await acme.recover()
  clock.advance(60_000)

  const token = await acme.token({ scope: 'orders:read' }, { expiresInSeconds: 60 })
  expect(await get(token)).toBe(200)
  expect(await get(await acme.token({ scope: 'orders:write' }))).toBe(403)
  clock.advance(70_000)
  expect(await get(token)).toBe(401)
  acme.runtime.checkRequests()
})
