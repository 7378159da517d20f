import { createReadStream } from 'node:fs'
import type { AuditEvent } from '@countersign/core'
import { parseLine, parseRow } from '../chain/parse.js'
import type { ParsedLine } from '../chain/parse.js'
import { isMissing, systemFiles } from '../sinks/files.js'
import { listRotated } from '../sinks/rotation.js'
import { splitLines } from './lines.js'
import type { TrailLine } from './lines.js'

/**
 * Where a trail is read from: the path of a file sink, with the files that were put aside, oldest first; paths of files, in their
 * order; or anything that gives bytes, text or events one after the other, such as a stream or the rows of a database.
 */
export type TrailSource = string | readonly string[] | AsyncIterable<Uint8Array | string | AuditEvent>

/** One line, or row, of a trail, and what it turned out to be. */
export interface TrailEntry {
  readonly parsed: ParsedLine
  /** From 1. */
  readonly number: number
  readonly bytes: number
  readonly isWhole: boolean
}

/** Reads a trail from its beginning. Throws what reading throws; what is read throws nothing. */
export async function* readTrail(source: TrailSource): AsyncGenerator<TrailEntry, void> {
  if (typeof source !== 'string' && !Array.isArray(source)) return yield* readPieces(source as AsyncIterable<Piece>)
  const paths = typeof source === 'string' ? await listFiles(source) : (source as readonly string[])
  let number = 1
  for (const path of paths) {
    for await (const line of splitLines(createReadStream(path) as AsyncIterable<Buffer>, number)) {
      number = line.number + 1
      yield toEntry(line)
    }
  }
}

/** The file may be missing where others were put aside: its writer died between the two. */
async function listFiles(path: string): Promise<readonly string[]> {
  const aside = await listRotated(systemFiles, path)
  const isThere = await systemFiles.stat(path).then(
    () => true,
    (error: unknown) => !isMissing(error),
  )
  return isThere || aside.length === 0 ? [...aside, path] : aside
}

type Piece = Uint8Array | string | AuditEvent

function toEntry({ text, number, bytes, isWhole }: TrailLine): TrailEntry {
  return { parsed: parseLine(text), number, bytes, isWhole }
}

/** A source gives either events or what lines are made of, from beginning to end: the first piece tells. */
async function* readPieces(pieces: AsyncIterable<Piece>): AsyncGenerator<TrailEntry, void> {
  const iterator = pieces[Symbol.asyncIterator]()
  const first = await iterator.next()
  if (first.done === true) return
  const all = (async function* () {
    yield first.value
    yield* { [Symbol.asyncIterator]: () => iterator }
  })()
  if (typeof first.value === 'string' || first.value instanceof Uint8Array) {
    for await (const line of splitLines(all as AsyncIterable<Uint8Array | string>)) yield toEntry(line)
    return
  }
  let number = 0
  for await (const row of all) {
    number += 1
    yield { parsed: parseRow(row), number, bytes: 0, isWhole: true }
  }
}
