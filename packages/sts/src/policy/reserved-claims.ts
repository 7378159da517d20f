/**
 * What the service itself says of a token, there or in an introspection, and what gives rights wherever it stands: a mapped claim
 * of the name would take its place.
 */
export const RESERVED_CLAIMS: ReadonlySet<string> = new Set(
  (
    'iss sub aud exp nbf iat jti client_id azp scope scp act may_act auth_time acr amr cnf sid sub_id txn typ token_use ' +
    'nonce at_hash c_hash s_hash events authorization_details active token_type __proto__'
  ).split(' '),
)
