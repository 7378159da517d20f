import { isUtf8 } from 'node:buffer'

/** One line of a trail. */
export interface TrailLine {
  /** Empty where it is not UTF-8: other bytes would be read as U+FFFD, which an event may have. */
  readonly text: string
  /** From 1, across all files. */
  readonly number: number
  readonly bytes: number
  /** Whether a line feed follows. Of the last line of a file it may be missing: its writer died. */
  readonly isWhole: boolean
}

/** Longer than any event, by far: what is longer is cut, and then no event. */
const MAX_LINE_BYTES = 1_048_576
const LINE_FEED = 0x0a

/**
 * Takes bytes apart into lines, however they are cut into chunks. Holds one line at a time, of 1 MiB at most. Empty lines are left out.
 *
 * @param firstNumber of the first line
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>,
  firstNumber = 1,
): AsyncGenerator<TrailLine, void> {
  let number = firstNumber
  let held: Buffer[] = []
  let heldBytes = 0
  let bytes = 0
  const hold = (part: Buffer): void => {
    bytes += part.length
    const room = MAX_LINE_BYTES - heldBytes
    if (room <= 0 || part.length === 0) return
    held.push(part.subarray(0, room))
    heldBytes += Math.min(part.length, room)
  }
  const take = (isWhole: boolean): TrailLine => {
    const line = Buffer.concat(held)
    const text = isUtf8(line) ? line.toString() : ''
    const taken = { text, number, bytes, isWhole }
    number += 1
    held = []
    heldBytes = 0
    bytes = 0
    return taken
  }
  for await (const chunk of chunks) {
    const buffer =
      typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    let start = 0
    for (let end = buffer.indexOf(LINE_FEED); end >= 0; end = buffer.indexOf(LINE_FEED, start)) {
      hold(buffer.subarray(start, end))
      start = end + 1
      if (bytes > 0) yield take(true)
      else number += 1
    }
    // The caller may fill the same memory again with what it reads next.
    hold(Buffer.from(buffer.subarray(start)))
  }
  if (bytes > 0) yield take(false)
}
