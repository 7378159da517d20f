import ts from 'typescript-6.0'
import type { Source } from './sources.js'

/** `file:line` of a node. */
function toPlace({ file, tree }: Source, node: ts.Node): string {
  return `${file}:${tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1}`
}

function find(source: Source, isMatch: (node: ts.Node) => boolean): string[] {
  const places: string[] = []
  const visit = (node: ts.Node): void => {
    if (isMatch(node)) places.push(toPlace(source, node))
    ts.forEachChild(node, visit)
  }
  visit(source.tree)
  return places
}

function hasModifier(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((modifier) => modifier.kind === kind)
}

/** Places that say `any`. */
export function findAny(source: Source): string[] {
  return find(source, (node) => node.kind === ts.SyntaxKind.AnyKeyword)
}

/** Enums and namespaces: syntax that types alone cannot erase. What stands in `declare` is erased. */
export function findUnerasable(source: Source): string[] {
  const isDeclared = (node: ts.Node): boolean =>
    hasModifier(node, ts.SyntaxKind.DeclareKeyword) || (!ts.isSourceFile(node) && isDeclared(node.parent))
  const isNamespace = (node: ts.Node): boolean => ts.isModuleDeclaration(node) && !isDeclared(node)
  return find(source, (node) => ts.isEnumDeclaration(node) || isNamespace(node))
}

/** `export *`, with or without a name. */
export function findStarExports(source: Source): string[] {
  const isStar = (node: ts.Node): boolean =>
    ts.isExportDeclaration(node) && (node.exportClause === undefined || ts.isNamespaceExport(node.exportClause))
  return find(source, isStar)
}

/** Default exports, in each of their spellings. */
export function findDefaultExports(source: Source): string[] {
  return find(
    source,
    (node) =>
      ts.isExportAssignment(node) ||
      hasModifier(node, ts.SyntaxKind.DefaultKeyword) ||
      (ts.isExportSpecifier(node) && node.name.text === 'default'),
  )
}

/** Comments that silence the compiler or the linter without a reason after `--`. */
export function findSilencers({ file, text }: Source): string[] {
  return text.split('\n').flatMap((line, index) => {
    const isSilencer =
      /@ts-ignore|@ts-nocheck/.test(line) || (/(ox|es)lint-disable/.test(line) && !/-disable\S* .*--\s*\S/.test(line))
    return isSilencer ? [`${file}:${index + 1}`] : []
  })
}

/** Exported declarations without a docstring directly above. Of overloads, the first carries it. */
export function findUndocumented(source: Source): string[] {
  const documented = new Set<string>()
  return source.tree.statements.flatMap((statement) => {
    if (!hasModifier(statement, ts.SyntaxKind.ExportKeyword)) return []
    const names = listDeclaredNames(statement)
    const { pos } = statement
    const ranges = ts.getLeadingCommentRanges(source.text, pos) ?? []
    const last = ranges.at(-1)
    const isDocstring =
      last !== undefined &&
      source.text.startsWith('/**', last.pos) &&
      /^\s*$/.test(source.text.slice(last.end, statement.getStart(source.tree))) &&
      /\w/.test(source.text.slice(last.pos, last.end))
    if (isDocstring) names.forEach((name) => documented.add(name))
    return names.filter((name) => !documented.has(name)).map((name) => `${toPlace(source, statement)} ${name}`)
  })
}

function listDeclaredNames(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map(({ name }) => name.getText())
  const { name } = statement as ts.DeclarationStatement
  return [name?.getText() ?? 'default']
}

const bannedWords = /^(utils?|helpers?|common|managers?|misc|shared|stuff)$/i

/** Files, folders and exported names that say nothing: `utils`, `helpers`, `common`, `manager`. */
export function findEmptyNames(source: Source): string[] {
  const segments = source.file.split('/').flatMap((segment) => segment.replace(/\.ts$/, '').split(/[-.]/))
  const exported = source.tree.statements
    .filter((statement) => hasModifier(statement, ts.SyntaxKind.ExportKeyword))
    .flatMap((statement) => listDeclaredNames(statement))
    .filter((name) => name.split(/(?=[A-Z])|_/).some((word) => bannedWords.test(word)))
  return [...segments.filter((word) => bannedWords.test(word)).map((word) => `${source.file} (${word})`), ...exported]
}

/** One circle of imports, types included, as a list of files; undefined where there is none. */
export function findCircle(imports: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>()
  const walk = (file: string, trail: readonly string[]): string[] | undefined => {
    const at = trail.indexOf(file)
    if (at >= 0) return [...trail.slice(at), file]
    if (done.has(file)) return undefined
    for (const next of imports.get(file) ?? []) {
      const circle = walk(next, [...trail, file])
      if (circle !== undefined) return circle
    }
    done.add(file)
    return undefined
  }
  for (const file of imports.keys()) {
    const circle = walk(file, [])
    if (circle !== undefined) return circle
  }
  return undefined
}
