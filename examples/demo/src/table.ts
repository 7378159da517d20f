import { styleText } from 'node:util'
import type { Result } from './calls.js'

const HEADINGS = ['', 'API', 'call', 'expected', 'got', 'mapped principal, or the reason in the log']

/** Lays results out in aligned columns, one line a call; what did not match says what was expected instead. */
export function toTable(results: readonly Result[], inColour: boolean): string {
  const rows = results.map(({ framework, call, got, matched }) => {
    const why =
      got.why === call.expected.why ? got.why : `${got.why || 'nothing'}, not ${call.expected.why || 'nothing'}`
    return { cells: [matched ? '✓' : '✗', framework, call.name, call.expected.answer, got.answer, why], matched }
  })
  const widths = HEADINGS.map((heading, at) =>
    Math.max(...[HEADINGS, ...rows.map(({ cells }) => cells)].map((cells) => (cells[at] ?? heading).length)),
  )
  const align = (cells: readonly string[]) =>
    cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd()
  const paint = (style: 'bold' | 'green' | 'red', text: string) => (inColour ? styleText(style, text) : text)

  const lines = [paint('bold', align(HEADINGS))]
  let framework: string | undefined
  for (const { cells, matched } of rows) {
    if (framework !== undefined && framework !== cells[1]) lines.push('')
    framework = cells[1]
    const line = align(cells)
    lines.push(matched ? paint('green', line.slice(0, 1)) + line.slice(1) : paint('red', line))
  }
  return lines.join('\n')
}
