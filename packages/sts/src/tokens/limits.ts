/**
 * Bounds of every token that this service issues, and takes back: those of a verifier that says nothing else. What it could not
 * read again could be neither introspected nor revoked.
 */
export const OWN_TOKEN_LIMITS = { tokenBytes: 8_192, headerBytes: 2_048, jsonDepth: 16, jsonMembers: 256 } as const
