import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const folder = new URL('.', import.meta.url)

/** Every title of a test in this folder, as it is written. */
const titles = readdirSync(folder)
  .filter((file) => file.endsWith('.test.ts') && file !== 'rows.test.ts')
  .flatMap((file) => [
    ...readFileSync(new URL(file, folder), 'utf8').matchAll(
      /^\s*(?:it\(|.*\)\(|)['"`]((?:[A-Z]\d+|§[\d.]+) .*?)['"`],/gm,
    ),
  ])
  .map(([, title]) => title ?? '')

const rows = (letter: string, last: number): readonly string[] =>
  Array.from({ length: last }, (_, index) => `${letter}${index + 1}`)

describe('the rules of a resource server', () => {
  it.each([...rows('T', 7), ...rows('A', 10), ...rows('C', 13), ...rows('B', 9), ...rows('P', 3)])(
    '%s stands in the title of a test',
    (row) => {
      expect(titles.filter((title) => title.startsWith(`${row} `))).not.toEqual([])
    },
  )

  // A title here may name several, behind its section. D16 belongs to introspection.
  it.each(rows('D', 17).filter((row) => row !== 'D16'))('%s stands in the title of a test of RFC 9449', (row) => {
    const text = readFileSync(new URL('rfc9449.test.ts', folder), 'utf8')
    expect(text).toMatch(new RegExp(`['"\`](?:§[\\d.]+ )?(?:D\\d+ )*${row} `))
  })
})
