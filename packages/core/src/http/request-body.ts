import type { Readable } from 'node:stream'

/** The body of a request, as a stream that reads no byte before it is asked for one. */
export interface CappedBody {
  readonly stream: ReadableStream<Uint8Array>
  /** Whether more came than is allowed. The stream has then failed. */
  isTooLarge(): boolean
}

/**
 * Turns the body of a raw request into a web stream that fails at the first byte beyond `maxBytes`.
 *
 * By hand, because `Readable.toWeb` reads ahead, and destroys the connection with an endpoint's answer still to come
 * where the endpoint does not read to the end.
 */
export function toCappedBody(source: Readable, maxBytes: number): CappedBody {
  let bytes = 0
  let reading: AsyncIterator<unknown> | undefined
  const leave = async (): Promise<void> => {
    await reading?.return?.()
    // What nobody reads would stand in the way of the next request on this connection.
    source.resume()
  }
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        reading ??= source.iterator({ destroyOnReturn: false }) as AsyncIterator<unknown>
        const { done, value } = await reading.next()
        if (done === true) return controller.close()
        const chunk = typeof value === 'string' ? Buffer.from(value) : (value as Uint8Array)
        bytes += chunk.byteLength
        if (bytes <= maxBytes) return controller.enqueue(chunk)
        await leave()
        throw new RangeError(`The request body is larger than ${maxBytes} bytes`)
      },
      cancel: leave,
    },
    { highWaterMark: 0 },
  )
  return { stream, isTooLarge: () => bytes > maxBytes }
}
