import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { AuditEvent } from '@countersign/core'
import { invalid } from '@countersign/core/adapter'
import type { Kind } from '@countersign/core/adapter'
import { parseLine, parseRow } from '../chain/parse.js'
import type { ParsedLine } from '../chain/parse.js'
import { systemFiles } from '../sinks/files.js'
import { listRotated } from '../sinks/rotation.js'
import { splitLines } from './lines.js'
import type { TrailLine } from './lines.js'
import { openIfThere } from './open-if-there.js'

/**
 * Where a trail is read from: the path of a file sink, with the files that were put aside, oldest first; paths of files, in their
 * order; or anything that gives bytes, text or events one after the other, such as a stream or the rows of a database.
 */
export type TrailSource = string | readonly string[] | AsyncIterable<Uint8Array | string | AuditEvent>

/** Where a trail is read from, as an option. */
export const trailSource: Kind<TrailSource> = {
  wants: 'the path of a file, a list of paths, or something to iterate with for await',
  read(value, option) {
    if (typeof value === 'string' && value !== '') return value
    if (Array.isArray(value) && value.every((path) => typeof path === 'string' && path !== '')) return value as string[]
    const pieces = value as Partial<AsyncIterable<Piece>> | null | undefined
    if (typeof value === 'object' && typeof pieces?.[Symbol.asyncIterator] === 'function') return value as TrailSource
    const fix = 'Such as "audit.jsonl", a stream, or what readAuditTable() gives.'
    throw invalid({ option, got: value, wants: this.wants, fix })
  },
}

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
  if (!isFiles(source)) return yield* readPieces(source)
  for await (const line of readLines(source)) yield toEntry(line)
}

/** What of a source can be read more than once: files, but for pipes and terminals among them. */
export async function toFiles(source: TrailSource): Promise<string | readonly string[] | undefined> {
  if (!isFiles(source)) return undefined
  const found = await Promise.all([source].flat().map((path) => stat(path).catch(() => undefined)))
  return found.every((each) => each === undefined || each.isFile()) ? source : undefined
}

function isFiles(source: TrailSource): source is string | readonly string[] {
  return typeof source === 'string' || Array.isArray(source)
}

/** Reads the lines of files, whatever they are. Throws what reading throws. */
export async function* readLines(source: string | readonly string[]): AsyncGenerator<TrailLine, void> {
  let number = 1
  for await (const chunks of typeof source === 'string' ? readFiles(source) : readEach(source)) {
    for await (const line of splitLines(chunks, number)) {
      number = line.number + 1
      yield line
    }
  }
}

/**
 * The file and those that were put aside. The living one is opened first: put aside while others are read, it would be under
 * neither name. It may be missing where there are others: its writer died between the two.
 */
async function* readFiles(path: string): AsyncGenerator<AsyncIterable<Buffer>, void> {
  const living = await openIfThere(path)
  try {
    const number = (await living?.stat())?.ino
    const aside = await listRotated(systemFiles, path)
    for (const each of aside) {
      // What was put aside after it was begun later.
      if (number !== undefined && (await stat(each)).ino === number) break
      yield createReadStream(each) as AsyncIterable<Buffer>
    }
    if (living !== undefined) yield living.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>
    else if (aside.length === 0) yield createReadStream(path) as AsyncIterable<Buffer>
  } finally {
    await living?.close()
  }
}

async function* readEach(paths: readonly string[]): AsyncGenerator<AsyncIterable<Buffer>, void> {
  for (const path of paths) yield createReadStream(path) as AsyncIterable<Buffer>
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
