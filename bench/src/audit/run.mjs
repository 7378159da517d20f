// What the audit trail takes, by sink, and what it adds to requests.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { runRequests } from './requests.mjs'
import { runSinks } from './sinks.mjs'
import { runVerdicts } from './verdicts.mjs'

/** @import { Context, Findings } from '../types.js' */

/**
 * @param {Context} context
 * @returns {Promise<Findings>}
 */
export async function runAudit(context) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'countersign-audit-'))
  try {
    const requests = await runRequests(context, folder)
    if (context.settings.audit.rounds === 0) return { groups: [requests], facts: [] }
    const sinks = await runSinks(context, folder)
    return { groups: [...sinks, requests, await runVerdicts(context, folder)], facts: [] }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
