import { readFileSync } from 'node:fs'
import { CODES } from '@countersign/core'
import { expect, it } from 'vitest'

const page = readFileSync(new URL('../../docs/deciding.md', import.meta.url), 'utf8')

it('docs/deciding.md has every code, with its status', () => {
  const told = [...page.matchAll(/^\| [^|]+ \| (\d+)([^|]*) \| `(\w+)` \|/gm)].map(
    ([, status, fields = '', code = '']) => [
      code,
      { status: Number(status), challenge: fields.includes('challenge'), wait: fields.includes('Retry-After') },
    ],
  )
  const expected = Object.entries(CODES)
    .filter(([code]) => code !== 'ERR_CONFIGURATION')
    .map(([code, { status }]) => [code, { status, challenge: status < 500, wait: status === 503 }])
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(expected))
})
