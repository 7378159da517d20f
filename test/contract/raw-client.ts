import { connect } from 'node:net'

/** What the table sends. Fields are a list, because a map could not say that one comes twice. */
export interface ContractRequest {
  readonly method: string
  readonly path: string
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** Sent as it is: its length, or its chunks, stand in `fields`. */
  readonly body?: string
}

/** What came back. Names in lower case, each with every value it came with. */
export interface ContractAnswer {
  readonly status: number
  readonly fields: Readonly<Record<string, readonly string[]>>
  readonly body: string
}

/** Sends a request byte by byte as it is given, over a connection of its own: clients and agents merge and drop fields. */
export function sendRaw(port: number, { method, path, fields, body = '' }: ContractRequest): Promise<ContractAnswer> {
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: api.example.com', 'Connection: close']
  for (const [name, value] of fields) lines.push(`${name}: ${value}`)
  return new Promise((resolve, reject) => {
    const received: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`))
    socket.setTimeout(5_000, () => socket.destroy(new Error(`${method} ${path} hangs`)))
    socket.on('data', (bytes) => received.push(bytes))
    socket.on('error', reject)
    socket.on('end', () => resolve(parseAnswer(Buffer.concat(received).toString('latin1'))))
  })
}

function parseAnswer(text: string): ContractAnswer {
  const end = text.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n')
  const fields: Record<string, string[]> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    fields[name] = [...(fields[name] ?? []), line.slice(colon + 1).trim()]
  }
  const body = text.slice(end + 4)
  const chunked = fields['transfer-encoding']?.includes('chunked') === true
  return { status: Number(statusLine.split(' ')[1]), fields, body: chunked ? joinChunks(body) : body }
}

function joinChunks(text: string): string {
  let joined = ''
  for (let start = 0; ;) {
    const line = text.indexOf('\r\n', start)
    const size = Number.parseInt(text.slice(start, line), 16)
    if (!(size > 0)) return joined
    joined += text.slice(line + 2, line + 2 + size)
    start = line + 2 + size + 2
  }
}
