/**
 * Bounds of the tokens, assertions and proofs that this service reads by itself: those of a verifier that says nothing else. Also of
 * every token that it issues: what it could not read again could be neither introspected nor revoked.
 */
export const TOKEN_LIMITS = { tokenBytes: 8_192, headerBytes: 2_048, jsonDepth: 16, jsonMembers: 256 } as const
