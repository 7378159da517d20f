import express from 'express'
import { expect, it } from 'vitest'
import { mount } from '@countersign/express'
import { serve } from './service.js'

it('an endpoint that answers after somebody else did gives its body back, and is no error', async () => {
  let cancelled = 0
  const errors: unknown[] = []
  const app = express()
  app.use((_req, res, next) => {
    next()
    res.status(503).end('too late')
  })
  app.use(
    mount(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      return new Response(new ReadableStream({ cancel: () => void cancelled++ }, { highWaterMark: 0 }))
    }),
  )
  app.use(((error, _req, _res, _next) => void errors.push(error)) satisfies express.ErrorRequestHandler)
  const call = await serve(app)
  expect(await call('/')).toMatchObject({ status: 503, body: 'too late' })
  await expect.poll(() => cancelled).toBe(1)
  expect(errors).toEqual([])
})
