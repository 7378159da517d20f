// One process that serves the same on several ports, with a trail and without: `server.mjs <rates as JSON> <facts as JSON>`.
import path from 'node:path'
import { fileSink } from '@countersign/audit'
import { countersign, getAuth } from '@countersign/express'
import express from 'express'
import { toCountersignOptions } from '../http/countersign-options.mjs'
import { serve } from '../http/serve.mjs'
import { createTrail } from './trail.mjs'

/** @typedef {import('../http/apps.mjs').IssuerFacts & { readonly folder: string }} AuditFacts */

const [rates = '[]', given = '{}'] = process.argv.slice(2)
/** @type {AuditFacts} */
const facts = JSON.parse(given)
await serve(.../** @type {(number | null)[]} */ (JSON.parse(rates)).map(createApp))

/** @param {number | null} rate of the verdicts that are recorded; `null` for no trail */
function createApp(rate) {
  const audit =
    rate === null ? undefined : createTrail(fileSink(path.join(facts.folder, `requests-${rate}.jsonl`)), rate)
  const app = express().set('env', 'test')
  app.use(countersign({ ...toCountersignOptions(facts), audit }))
  app.get('/orders', (req, res) => void res.json({ subject: getAuth(req).subject }))
  return app
}
