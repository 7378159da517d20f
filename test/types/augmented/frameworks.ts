import express from 'express'
import fastify from 'fastify'
import Koa from 'koa'
import '@countersign/express/augment'
import '@countersign/fastify/augment'
import '@countersign/koa/augment'

express().get('/:id', (req, res) => {
  const department: string | undefined = req.auth?.claims.department
  res.json({ id: req.params.id, department })
})

const app = fastify()
app.get('/', { config: { auth: { scopes: ['a'] } } }, async (request) => request.auth?.claims.department)
app.get('/either', { config: { auth: { anyScope: ['a', 'b'], optional: true } } }, async () => 'ok')
app.get('/open', { config: { auth: false } }, async () => 'ok')
// @ts-expect-error -- scopes are a list
app.get('/text', { config: { auth: { scopes: 'a' } } }, async () => 'ok')

new Koa().use((ctx) => {
  const department: string | undefined = ctx.state.auth?.claims.department
  ctx.body = { department }
})
