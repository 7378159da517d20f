import { expect, it } from 'vitest'
import { createIdSource } from '../src/event/uuid.js'

it('ids are UUIDv7, unique, in the order they were made, and carry the time', () => {
  const next = createIdSource()
  const nowMs = Date.UTC(2026, 10, 24)
  const ids = Array.from({ length: 20_000 }, (_, index) => next(nowMs + Math.floor(index / 10_000)))
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.toSorted()).toEqual(ids)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(Number.parseInt((ids[0] ?? '').replaceAll('-', '').slice(0, 12), 16)).toBe(nowMs)
})

it('ids stay in order where the clock goes back', () => {
  const next = createIdSource()
  const ids = [next(2_000), next(1_000), next(1_999)]
  expect(ids.toSorted()).toEqual(ids)
})
