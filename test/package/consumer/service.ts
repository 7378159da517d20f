// What a user's project looks like to the compiler. Checked against the sources here and, by the compilers of users,
// against the packed tarballs.
import { AuthenticationError, CountersignError, createVerifier, requireScopes } from '@countersign/core'
import type { Guard, Principal, Verifier, VerifierOptions } from '@countersign/core'
import { createTestIssuer } from '@countersign/testing'
import type { TestIssuer } from '@countersign/testing'

const options: VerifierOptions = {
  audience: 'https://api.example.com',
  issuers: [
    'https://login.acme.example',
    { issuer: 'https://ci.example', keys: { jwksUri: 'https://ci.example/jwks' } },
  ],
}

export const verifier: Verifier = createVerifier(options)
export const guard: Guard = requireScopes('orders:read')

export async function readSubject(token: string): Promise<string | undefined> {
  try {
    const principal: Principal = await verifier.verify(token)
    guard.check(principal)
    return principal.subject
  } catch (error) {
    if (error instanceof AuthenticationError) return error.reason
    if (error instanceof CountersignError) return error.code
    throw error
  }
}

export async function createToken(): Promise<string> {
  const issuer: TestIssuer = await createTestIssuer({ issuer: 'https://login.acme.example' })
  return issuer.token({ scope: 'orders:read' })
}

// @ts-expect-error -- an option that does not exist is refused by the types
createVerifier({ audience: 'https://api.example.com', issuers: [], audiences: [] })

// @ts-expect-error -- something must bind the token to this API
createVerifier({ issuers: ['https://login.acme.example'] })
