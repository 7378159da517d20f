import { describe, expect, it } from 'vitest'
import { logger } from '../../src/options/logger-kind.js'
import { silentLogger } from '../../src/runtime.js'

describe('a logger that is given', () => {
  it('is read as one that throws nothing, with its own lines', () => {
    const lines: unknown[] = []
    const keep = (...line: unknown[]): void => {
      lines.push(line)
      throw new Error('the log is full')
    }
    const read = logger.read({ debug: keep, info: keep, warn: keep, error: keep }, 'logger')
    read.warn('Something', { count: 1 })
    read.error('Something else')
    expect(lines).toEqual([
      ['Something', { count: 1 }],
      ['Something else', undefined],
    ])
  })

  it('is read as one that rejects nothing', async () => {
    const rejected: unknown[] = []
    const note = (error: unknown): void => void rejected.push(error)
    const fail = async (): Promise<void> => Promise.reject(new Error('the log is full'))
    process.on('unhandledRejection', note)
    logger.read({ debug: fail, info: fail, warn: fail, error: fail }, 'logger').warn('Something')
    await new Promise((resolve) => setTimeout(resolve, 10))
    process.off('unhandledRejection', note)
    expect(rejected).toEqual([])
  })

  it('must have the four methods, and a silent one stays the same', () => {
    expect(() => logger.read({ info() {} }, 'logger')).toThrow('Option "logger"')
    expect(logger.read(silentLogger, 'logger')).toBe(silentLogger)
  })
})
