import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

const list = (folder: string, recursive = false) =>
  readdirSync(path.join(root, folder), { recursive, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.posix.join(folder, name.replaceAll('\\', '/')))

const readmes = readdirSync(path.join(root, 'packages')).map((name) => `packages/${name}/README.md`)
const pages = [...list('.'), ...list('docs', true), ...readmes.filter((page) => existsSync(path.join(root, page)))]

const read = (page: string) => readFileSync(path.join(root, page), 'utf8')

/** The fragments that a page answers to, as they are made of its headings. */
function listAnchors(page: string): string[] {
  const text = read(page).replaceAll(/^```[^]*?^```$/gm, '')
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading)
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** Where the links of a page lead that stay in the repository, outside of code. */
function listLinks(page: string): string[] {
  const text = read(page)
    .replaceAll(/^```[^]*?^```$/gm, '')
    .replaceAll(/`[^`\n]*`(?!\])/g, '')
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^(https?|mailto):/.test(target))
}

describe('the links of', () => {
  it.each(pages)('%s lead somewhere', (page) => {
    const broken = listLinks(page).filter((link) => {
      const [target = '', fragment] = link.split('#')
      const file = target === '' ? page : path.posix.join(path.posix.dirname(page), target)
      if (file.startsWith('..') || !existsSync(path.join(root, file))) return true
      return fragment !== undefined && !listAnchors(file).includes(fragment)
    })
    expect(broken).toEqual([])
  })

  it('pages are found, and every page of docs/ is reached from its index', () => {
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/README.md', 'docs/errors.md']))
    const reached = new Set<string>(['docs/README.md'])
    for (const page of reached) {
      for (const link of listLinks(page)) {
        const file = path.posix.join(path.posix.dirname(page), link.split('#')[0] ?? '')
        const linked = existsSync(path.join(root, file, 'README.md')) ? `${file}/README.md` : file
        if (linked.startsWith('docs/') && linked.endsWith('.md')) reached.add(linked)
      }
    }
    expect(pages.filter((page) => page.startsWith('docs/')).filter((page) => !reached.has(page))).toEqual([])
  })
})
