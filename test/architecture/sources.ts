import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
// TypeScript 7 has no JavaScript API to parse with; 6 is here as a consumer's compiler anyway.
import ts from 'typescript-6.0'

/** The folder of the workspace. */
export const root: string = fileURLToPath(new URL('../..', import.meta.url))

/** One source file of a published package. */
export interface Source {
  /** The folder in `packages/`. */
  packageName: string
  /** Relative to the workspace, with forward slashes. */
  file: string
  text: string
  tree: ts.SourceFile
}

/** Parses one file. */
export function toSource(file: string, text: string): Source {
  const packageName = /^packages\/([^/]+)\//.exec(file)?.[1] ?? ''
  return { packageName, file, text, tree: ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true) }
}

/** Every source file of every published package. */
export function readSources(): Source[] {
  const packages = path.join(root, 'packages')
  return readdirSync(packages).flatMap((name) =>
    readdirSync(path.join(packages, name, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => path.join('packages', name, 'src', file).replaceAll('\\', '/'))
      .map((file) => toSource(file, readFileSync(path.join(root, file), 'utf8'))),
  )
}

/** What a file imports or exports from elsewhere, types included, in the order of the text. */
export function listImports({ tree }: Source): string[] {
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    const specifier =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
          ? node.arguments[0]
          : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
            ? node.argument.literal
            : undefined
    if (specifier !== undefined && ts.isStringLiteral(specifier)) found.push(specifier.text)
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return found
}

/** The files of the same package that a file imports. */
export function listRelativeImports(source: Source): string[] {
  return listImports(source)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => path.posix.join(path.posix.dirname(source.file), specifier).replace(/\.js$/, '.ts'))
}

/** The packages that a file imports, without subpaths; `node:` modules are left out. */
export function listPackageImports(source: Source): string[] {
  return listImports(source)
    .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
    .map((specifier) => /^(@[^/]+\/[^/]+|[^/]+)/.exec(specifier)?.[0] ?? specifier)
}
