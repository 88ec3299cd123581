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

function pagesIn(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !/(^|\/)(node_modules|public)\//.test(name))
    .map((name) => name.replace(/\.md$/, ''))
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

/** The sidebar of a language: prefix '' or 'en/'. */
export function contents(prefix: string, names: Record<string, string>) {
  const folder = path.join(DOCS, prefix)
  const language = prefix ? 'en' : 'bn'
  const files = ['pdf', 'epub'].map((kind) => ({ text: kind.toUpperCase(), link: `/minios.${language}.${kind}`, target: '_self' }))
  const left = new Set(pagesIn(folder).filter((name) => prefix || !name.startsWith('en/')))
  return GROUPS.map((group) => {
    const taken = [...left].filter((name) => group.pages.test(name)).sort(inOrder)
    taken.forEach((name) => left.delete(name))
    const items: { text: string; link: string; target?: string }[] = taken.map((name) => ({
      text: titleOf(path.join(folder, `${name}.md`)),
      link: `/${prefix}${name}`.replace(/index$/, ''),
    }))
    return {
      text: names[group.name],
      items: group.name === 'more' ? [...items, ...files] : items,
    }
  }).filter((group) => group.items.length > 0)
}
