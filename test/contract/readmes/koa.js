import Router from '@koa/router'
import Koa from 'koa'
import { countersign, getAuth, requireScopes } from '@countersign/koa'

const app = new Koa()
const router = new Router()
app.use(countersign({ audience: 'https://api.example.com', issuers: ['https://login.acme.example'] }))
router.get('/orders', requireScopes('orders:read'), (ctx) => void (ctx.body = { for: getAuth(ctx).subject }))
app.use(router.routes())
app.listen(3000)
