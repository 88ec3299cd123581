// SPDX-License-Identifier: MIT
//
// The table of contents: made from the pages that exist, so that a chapter appears when its file does.

import fs from 'node:fs'
import path from 'node:path'

export const DOCS = path.resolve(import.meta.dirname, '../../docs')

interface Group {
  name: 'start' | 'chapters' | 'faults' | 'more'
  pages: RegExp // names below docs/ or docs/en/, without .md
}

// A page belongs to the first group that takes it. Within a group those named first come first, then by number and name.
const GROUPS: Group[] = [
  { name: 'start', pages: /^(index|how-to-read|one-picture|lab)$/ },
  { name: 'chapters', pages: /^chapter-\d+/ },
  { name: 'faults', pages: /^faults\// },
  { name: 'more', pages: /./ },
]
const FIRST = ['index', 'how-to-read', 'one-picture', 'lab', 'how-to-read-a-heap', 'glossary', 'testing']
const ONLY_ALIVE = ['lab'] // on paper there would be nothing to see

/** Names of a language's pages without .md; prefix '' or 'en/'. */
function pagesOf(prefix: string): string[] {
  return fs
    .readdirSync(path.join(DOCS, prefix), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !/(^|\/)(node_modules|public)\//.test(name))
    .filter((name) => prefix || !name.startsWith('en/'))
    .map((name) => name.replace(/\.md$/, ''))
}

function groupsOf(prefix: string): { name: Group['name']; pages: string[] }[] {
  const left = new Set(pagesOf(prefix))
  return GROUPS.map(({ name, pages }) => {
    const taken = [...left].filter((page) => pages.test(page)).sort(inOrder)
    taken.forEach((page) => left.delete(page))
    return { name, pages: taken }
  }).filter(({ pages }) => pages.length > 0)
}

/** The first heading; a page about a fault is better told by the fault's own line, `E04 free out of order`. */
function titleOf(file: string): string {
  const text = fs.readFileSync(file, 'utf8')
  const fault = /^```fault E\d+\n(.*)$/m.exec(text)
  if (fault) return fault[1]
  const heading = /^# (.*)$/m.exec(text.replace(/^```[^]*?^```/gm, ''))
  return (heading?.[1] ?? path.basename(file, '.md')).replace(/\s*\{#[\w-]+\}/, '').replace(/[`*]/g, '')
}

function inOrder(one: string, other: string): number {
  const place = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length)
  return place(one) - place(other) || one.localeCompare(other, 'en', { numeric: true })
}

/** The order in which a language's pages are printed and bound. */
export function order(prefix: string): { name: string; title: string }[] {
  const pages = groupsOf(prefix).flatMap(({ pages }) => pages).filter((page) => !ONLY_ALIVE.includes(page))
  return pages.map((name) => ({ name, title: titleOf(path.join(DOCS, prefix, `${name}.md`)) }))
}

/** The sidebar of a language. */
export function contents(prefix: string, names: Record<string, string>) {
  const folder = path.join(DOCS, prefix)
  const language = prefix ? 'en' : 'bn'
  const files = ['pdf', 'epub'].map((kind) => ({ text: kind.toUpperCase(), link: `/minios.${language}.${kind}`, target: '_self' }))
  return groupsOf(prefix).map(({ name, pages }) => {
    const items: { text: string; link: string; target?: string }[] = pages.map((page) => ({
      text: titleOf(path.join(folder, `${page}.md`)),
      link: `/${prefix}${page}`.replace(/index$/, ''),
    }))
    return { text: names[name], items: name === 'more' ? [...items, ...files] : items }
  })
}
