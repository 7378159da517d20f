import { readFile, writeFile } from 'node:fs/promises'
import { findInTrail, verifyTrail } from '@countersign/audit'
import type { TrailReport } from '@countersign/audit'
import type { Ledger } from './audit-trail.js'
import type { Outcome, Result } from './calls.js'

/** What an auditor reads in the trail of a token, in the order of the trail: its lines, as they stand there. */
export async function readLinesOf(token: string, { file, fingerprintKeys }: Ledger): Promise<readonly string[]> {
  const lines = new Map((await readLines(file)).map((line) => [readChain(line).seq, line]))
  const found: string[] = []
  for await (const { chain } of findInTrail(file, { token }, { fingerprintKeys }))
    found.push(lines.get(chain.seq) ?? '')
  return found
}

/** Verifies the trail, then copies of it that somebody has changed. */
export async function playAudit(ledger: Ledger): Promise<readonly Result[]> {
  const lines = await readLines(ledger.file)
  const denied = lines.findIndex((line) => line.includes('"outcome":"denied"'))
  const seqOf = (at: number): number => readChain(lines[at]).seq
  const end = seqOf(lines.length - 1)
  return [
    await verify('as it was written', ledger, lines, {
      answer: 'ok',
      why: `events 1 to ${end}, signed up to ${end - 1}`,
    }),
    await verify('a refusal made a success', ledger, toChanged(lines, denied), {
      answer: 'edited',
      why: `event ${seqOf(denied)}, in line ${denied + 1}`,
    }),
    await verify('that line taken out', ledger, lines.toSpliced(denied, 1), {
      answer: 'missing',
      why: `event ${seqOf(denied)}, in line ${denied + 1}`,
    }),
    await verify('its last three lines cut off', ledger, lines.slice(0, -3), {
      answer: 'truncated',
      why: `event ${end - 2}`,
    }),
  ]
}

function toChanged(lines: readonly string[], at: number): readonly string[] {
  return lines.with(at, (lines[at] ?? '').replace('"outcome":"denied"', '"outcome":"success"'))
}

async function verify(
  name: string,
  { file, checkpoints }: Ledger,
  lines: readonly string[],
  expected: Outcome,
): Promise<Result> {
  const copy = `${file}.copy`
  await writeFile(copy, `${lines.join('\n')}\n`)
  const got = toOutcome(await verifyTrail(copy, { checkpoints }))
  const matched = got.answer === expected.answer && got.why === expected.why
  return { framework: 'trail', call: { name, expected }, got, matched }
}

function toOutcome({ firstBad, streams }: TrailReport): Outcome {
  if (firstBad !== undefined) {
    const { kind, seq, line } = firstBad
    return { answer: kind, why: `event ${seq}${line === undefined ? '' : `, in line ${line}`}` }
  }
  const [stream] = streams
  return {
    answer: 'ok',
    why: `events ${stream?.firstSeq} to ${stream?.lastSeq}, signed up to ${stream?.checkpointSeq}`,
  }
}

async function readLines(file: string): Promise<readonly string[]> {
  return (await readFile(file, 'utf8')).trimEnd().split('\n')
}

function readChain(line = '{}'): { readonly seq: number } {
  return (JSON.parse(line) as { chain: { seq: number } }).chain
}
