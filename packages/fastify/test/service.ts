import type { FastifyInstance, InjectOptions } from 'fastify'
import { createVerifier } from '@countersign/core'
import { createTestIssuer } from '@countersign/testing'

export const issuer = await createTestIssuer({ issuer: 'https://login.acme.example' })
export const options = { audience: 'https://api.example.com', issuers: [issuer.issuer], runtime: issuer.runtime }
export const verifier = createVerifier(options)

/** Answers a function that calls an application. */
export function caller(app: FastifyInstance) {
  return async (url: string, token?: string, method: NonNullable<InjectOptions['method']> = 'GET') => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const answer = await app.inject({ method, url, headers })
    const challenge = answer.headers['www-authenticate']
    return { status: answer.statusCode, challenge, headers: answer.headers, body: answer.body }
  }
}
