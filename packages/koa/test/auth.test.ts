import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { createVerifier } from '@countersign/core'
import { withPrincipal } from '@countersign/core/testing'
import { findAuth, getAuth } from '@countersign/koa'
import { options, verifier } from './service.js'

const context = () => ({ req: {} as IncomingMessage })

describe('getAuth', () => {
  it('is a mistake of the programmer where nothing authenticated', () => {
    expect(() => getAuth(context())).toThrow(expect.objectContaining({ reason: 'ERR_NOT_AUTHENTICATED', status: 500 }))
  })

  it('gives the principal that somebody was signed in as', () => {
    expect(getAuth(withPrincipal(context(), { subject: 'ada' })).subject).toBe('ada')
  })

  it('gives it for the verifier that judged, and for no other', () => {
    const ctx = withPrincipal(context(), { subject: 'ada' }, verifier)
    expect(getAuth(ctx, verifier).subject).toBe('ada')
    expect(() => getAuth(ctx, createVerifier(options))).toThrow(
      expect.objectContaining({ reason: 'ERR_NOT_AUTHENTICATED' }),
    )
  })
})

describe('findAuth', () => {
  it('gives the principal, or undefined', () => {
    expect(findAuth(context())).toBeUndefined()
    expect(findAuth(withPrincipal(context(), { subject: 'ada' }))?.subject).toBe('ada')
  })
})
