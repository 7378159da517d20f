import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

// A middleware typed by one major of Koa, or by one router, does not fit the other.
it('no source names a type of Koa, except the augmentation', () => {
  const folder = new URL('../src/', import.meta.url)
  const importing = readdirSync(folder).filter((file) =>
    /from '@?koa/.test(readFileSync(new URL(file, folder), 'utf8')),
  )
  expect(importing).toEqual(['augment.ts'])
})
