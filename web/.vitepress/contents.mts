// SPDX-License-Identifier: MIT
//
// The table of contents: made from the pages that exist, so that a chapter appears when its file does.

import fs from 'node:fs'
import path from 'node:path'
import { DOCS, faultOf, partsOf, plainTitle } from './parts.mts'

interface Group {
  name: 'start' | 'chapters' | 'faults' | 'more'
  pages: RegExp // names below docs/ or docs/en/, without .md
}

// A page belongs to the first group that takes it. Within a group those named first come first, then by number and name.
const GROUPS: Group[] = [
  { name: 'start', pages: /^(index|how-to-read|one-picture|lab|learn)$/ },
  { name: 'chapters', pages: /^chapter-\d+/ },
  { name: 'faults', pages: /^faults\// },
  { name: 'more', pages: /./ },
]
const FIRST = ['index', 'how-to-read', 'one-picture', 'lab', 'learn', 'how-to-read-a-heap', 'glossary', 'testing']
const ONLY_ALIVE = ['lab', 'learn'] // on paper there would be nothing to see

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

/** The first heading; of a page about a fault the fault's own line. */
function titleOf(file: string): string {
  const text = fs.readFileSync(file, 'utf8')
  const fault = faultOf(text)
  if (fault) return fault
  const heading = /^# (.*)$/m.exec(text.replace(/^```[^]*?^```/gm, ''))
  return plainTitle(heading?.[1] ?? path.basename(file, '.md'))
}

function inOrder(one: string, other: string): number {
  const place = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length)
  return place(one) - place(other) || one.localeCompare(other, 'en', { numeric: true })
}

interface Printed {
  name: string
  title: string
  group: Group['name']
  parts: string[] // of a chapter, the pages of the site that show it in parts
}

/** The order in which a language's pages are printed and bound. */
export function order(prefix: string): Printed[] {
  return groupsOf(prefix).flatMap(({ name: group, pages }) =>
    pages
      .filter((page) => !ONLY_ALIVE.includes(page))
      .map((name) => ({
        name,
        title: titleOf(path.join(DOCS, prefix, `${name}.md`)),
        group,
        parts: partsOf(prefix, name).map((part) => part.name),
      })),
  )
}

interface Item {
  text: string
  link?: string
  target?: string
  items?: Item[]
}

const linkTo = (prefix: string, page: string) => `/${prefix}${page}`.replace(/index$/, '')

/** A chapter is its parts; all else is one line. */
function itemOf(prefix: string, page: string): Item {
  const text = titleOf(path.join(DOCS, prefix, `${page}.md`))
  const parts = partsOf(prefix, page)
  if (parts.length === 0) return { text, link: linkTo(prefix, page) }
  return { text, items: parts.map(({ name, title }) => ({ text: title, link: linkTo(prefix, name) })) }
}

/** What is there as a whole: each chapter on one page, and the book as files. */
function wholesOf(prefix: string, onOnePage: string): Item[] {
  const language = prefix ? 'en' : 'bn'
  const chapters = pagesOf(prefix).filter((page) => partsOf(prefix, page).length > 0)
  const number = (page: string) => /\d+/.exec(page)![0]
  const files = ['pdf', 'epub'].map((kind) => ({ text: kind.toUpperCase(), link: `/minios.${language}.${kind}`, target: '_self' }))
  return [...chapters.map((page) => ({ text: onOnePage.replace('{n}', number(page)), link: linkTo(prefix, page) })), ...files]
}

/** The sidebar of a language. */
export function contents(prefix: string, words: { groups: Record<string, string>; onOnePage: string }): Item[] {
  return groupsOf(prefix).map(({ name, pages }) => {
    const items = pages.map((page) => itemOf(prefix, page))
    return { text: words.groups[name], items: name === 'more' ? [...items, ...wholesOf(prefix, words.onOnePage)] : items }
  })
}
