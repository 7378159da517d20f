import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

// A handler typed by one major of Express does not fit an application on the types of the other.
it('no source names a type of Express', () => {
  const folder = new URL('../src/', import.meta.url)
  const importing = readdirSync(folder).filter((file) =>
    /from 'express/.test(readFileSync(new URL(file, folder), 'utf8')),
  )
  expect(importing).toEqual([])
})
