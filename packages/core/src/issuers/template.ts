/** One variable of an issuer template, and what a concrete issuer says it is. */
export interface TemplateMatch {
  readonly variables: readonly { readonly name: string; readonly value: string }[]
}

/** An issuer with variables in its path, such as `https://login.example/{tid}/v2.0`. */
export interface IssuerTemplate {
  readonly names: readonly string[]
  match(issuer: string): TemplateMatch | undefined
}

/** What a variable may stand for. No slash, no dot, no percent: it cannot leave its place in the path. */
const VALUE = '([0-9A-Za-z-]{1,64})'

/** Whether an issuer of the configuration is a template. */
export function isTemplate(issuer: string): boolean {
  return issuer.includes('{')
}

/**
 * Parses a template. Variables stand in the path alone, each between fixed text, so that no host can be chosen by a token
 * and matching is linear.
 *
 * @throws SyntaxError with what is wrong
 */
export function parseTemplate(template: string): IssuerTemplate {
  const parts = template.split(/\{([A-Za-z_]\w*)\}/)
  const names = parts.filter((_, index) => index % 2 === 1)
  const literals = parts.filter((_, index) => index % 2 === 0)
  if (names.length === 0 || literals.some((literal) => /[{}]/.test(literal)))
    throw new SyntaxError('a variable is written {name}')
  if (new Set(names).size !== names.length) throw new SyntaxError('each variable stands once')
  if (!/^https?:\/\/[^/?#{}]+\//.test(literals[0] ?? ''))
    throw new SyntaxError('variables stand in the path, after a fixed host')
  // Between "{a}-{b}" a stranger's hyphens could be split in exponentially many ways.
  if (literals.slice(1, -1).some((literal) => /^[0-9A-Za-z-]*$/.test(literal)))
    throw new SyntaxError(
      'variables are set apart by fixed text with a character that no variable has, such as a slash',
    )
  if (/[?#]/.test(template)) throw new SyntaxError('an issuer has no query and no fragment')
  const pattern = new RegExp(`^${literals.map(escape).join(VALUE)}$`)
  return {
    names,
    match(issuer) {
      const found = pattern.exec(issuer)
      return found === null
        ? undefined
        : { variables: names.map((name, index) => ({ name, value: found[index + 1] ?? '' })) }
    },
  }
}

function escape(literal: string): string {
  return literal.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}
