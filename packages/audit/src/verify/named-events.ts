import { parseLine } from '../chain/parse.js'
import { readLines, toFiles } from '../read/source.js'
import type { TrailSource } from '../read/source.js'

/** The numbers of each stream that others say they follow. */
export type NamedEvents = ReadonlyMap<string, ReadonlySet<number>>

/**
 * Reads files for what their streams follow, so that the verifier keeps the hashes of those events: it keeps no others for long, and whoever
 * writes an event anew could put as many behind it as make it forget. What comes but once names nothing here.
 */
export async function readNamedEvents(source: TrailSource): Promise<NamedEvents> {
  const named = new Map<string, Set<number>>()
  const files = await toFiles(source)
  if (files === undefined) return named
  for await (const { text } of readLines(files)) {
    // The cheap question first. In canonical form the name stands nowhere else, and has no escapes.
    if (!text.includes('"predecessor":{')) continue
    const parsed = parseLine(text)
    if (parsed.kind !== 'event' || parsed.event.chain.seq !== 1 || parsed.event.predecessor === undefined) continue
    const { stream, seq } = parsed.event.predecessor
    named.set(stream, (named.get(stream) ?? new Set()).add(seq))
  }
  return named
}
