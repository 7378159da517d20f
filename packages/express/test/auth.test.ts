import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { createVerifier } from '@countersign/core'
import { withPrincipal } from '@countersign/core/testing'
import { findAuth, getAuth } from '@countersign/express'
import { options, verifier } from './service.js'

const request = () => ({}) as IncomingMessage

describe('getAuth', () => {
  it('is a mistake of the programmer where nothing authenticated', () => {
    expect(() => getAuth(request())).toThrow(expect.objectContaining({ reason: 'ERR_NOT_AUTHENTICATED', status: 500 }))
  })

  it('gives the principal that somebody was signed in as', () => {
    expect(getAuth(withPrincipal(request(), { subject: 'ada' })).subject).toBe('ada')
  })

  it('gives it for the verifier that judged, and for no other', () => {
    const req = withPrincipal(request(), { subject: 'ada' }, verifier)
    expect(getAuth(req, verifier).subject).toBe('ada')
    expect(() => getAuth(req, createVerifier(options))).toThrow(
      expect.objectContaining({ reason: 'ERR_NOT_AUTHENTICATED' }),
    )
  })
})

describe('findAuth', () => {
  it('gives the principal, or undefined', () => {
    expect(findAuth(request())).toBeUndefined()
    expect(findAuth(withPrincipal(request(), { subject: 'ada' }))?.subject).toBe('ada')
  })
})
