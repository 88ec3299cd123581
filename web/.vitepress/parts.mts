// SPDX-License-Identifier: MIT
//
// A chapter is one file, and is read in parts: each section that has a number is a page of its own, chapter-4-6 for 4.6, with
// the ones before and behind it a click away. The chapter on one page stays where it was, for old links and for paper.

import fs from 'node:fs'
import path from 'node:path'
import bengali from './words.bn.json' with { type: 'json' }
import english from './words.en.json' with { type: 'json' }

export const DOCS = path.resolve(import.meta.dirname, '../../docs')
export const PAGES = path.resolve(import.meta.dirname, '../../build/book/pages') // what the site is built from

/** The page `learn` has a compiler in it, and says so where that could not be built (tools/book/build.py). */
export const HAS_LEARN = ['book/hole.elf', 'tcc/tcc.wasm'].every((name) => fs.existsSync(path.join(DOCS, '../build', name)))

export interface Part {
  name: string // chapter-4-6, as a page's name below docs/ or docs/en/
  title: string
  text: string
  ids: string[] // the headings in it
}

const CHAPTER = /^chapter-\d+-/
const FENCE = /^[ >]*(`{3,})/
const NUMBERED = /^## .*\{#(\d+-\d+)\}\s*$/
const ID = /\{#([\w-]+)\}\s*$/

export function plainTitle(heading: string): string {
  return heading.replace(/^#+ /, '').replace(ID, '').replace(/[`*]/g, '').trim()
}

/** Each line, and whether it is text and not code. */
function* linesOf(text: string): Generator<[string, boolean]> {
  let inside = ''
  for (const line of text.split('\n')) {
    const ticks = FENCE.exec(line)?.[1] ?? ''
    yield [line, !inside && !ticks]
    if (ticks && (!inside || line.trim() === inside)) inside = inside ? '' : ticks
  }
}

/** Its section is the whole page now, so what stands over and in it goes one step up. */
function raised(lines: [string, boolean][]): string[] {
  if (lines.some(([line, isText]) => isText && /^# /.test(line))) return lines.map(([line]) => line)
  return lines.map(([line, isText], at) => (isText && (at === 0 || /^#{3,} /.test(line)) ? line.replace(/^##/, '#') : line))
}

function partOf(lines: [string, boolean][]): Part {
  const headings = lines.filter(([line, isText]) => isText && /^#+ /.test(line)).map(([line]) => line)
  const section = headings.find((line) => NUMBERED.test(line))!
  const ids = headings.flatMap((line) => ID.exec(line)?.[1] ?? [])
  return { name: `chapter-${NUMBERED.exec(section)![1]}`, title: plainTitle(section), text: raised(lines).join('\n'), ids }
}

/** The parts of a page; none, unless it is a chapter. What stands before the first section goes with it. */
export function partsOf(prefix: string, page: string): Part[] {
  if (!CHAPTER.test(page)) return []
  const cuts: [string, boolean][][] = [[]]
  let begun = false
  for (const [line, isText] of linesOf(fs.readFileSync(path.join(DOCS, prefix, `${page}.md`), 'utf8'))) {
    const section = isText && NUMBERED.test(line)
    if (section && begun) cuts.push([])
    begun ||= section
    cuts.at(-1)!.push([line, isText])
  }
  return begun ? cuts.map(partOf) : []
}

/** A page about a fault is called as the fault's own line says, `E04 free out of order`, and not by its code alone. */
export function faultOf(text: string): string | undefined {
  return /^```fault [EI]\d+\n(.*)$/m.exec(text)?.[1]
}

function nameFault(file: string): void {
  const text = fs.readFileSync(file, 'utf8')
  const fault = faultOf(text)
  if (fault) fs.writeFileSync(file, text.replace(/^# ([EI]\d+)$/m, (_, code) => `# ${fault} {#${code.toLowerCase()}}`))
}

/** Links still lead to it, and there they are told where to write instead. */
function tellOfNoLearn(prefix: string): void {
  const file = path.join(PAGES, prefix, 'learn.md')
  const [heading] = /^# .*$/m.exec(fs.readFileSync(file, 'utf8'))!
  fs.writeFileSync(file, `${heading}\n\n${(prefix ? english : bengali).noLearn}\n`)
}

/** The site's pages: those of docs/, and the parts. */
export function stage(): void {
  fs.rmSync(PAGES, { recursive: true, force: true })
  fs.cpSync(DOCS, PAGES, { recursive: true })
  const faults = ['', 'en/'].map((prefix) => path.join(PAGES, prefix, 'faults'))
  faults.forEach((folder) => fs.readdirSync(folder).forEach((name) => nameFault(path.join(folder, name))))
  for (const prefix of ['', 'en/']) for (const [page, parts] of chaptersOf(prefix)) {
    for (const { name, text } of parts) fs.writeFileSync(path.join(PAGES, prefix, `${name}.md`), text)
    const whole = path.join(PAGES, prefix, `${page}.md`)
    fs.writeFileSync(whole, `---\nsearch: false\nprev: false\nnext: false\n---\n${fs.readFileSync(whole, 'utf8')}`)
  }
  if (!HAS_LEARN) ['', 'en/'].forEach(tellOfNoLearn)
}

const known = new Map<string, [string, Part[]][]>()

/** The chapters of a language that are read in parts. */
export function chaptersOf(prefix: string): [string, Part[]][] {
  if (!known.has(prefix)) known.set(prefix, lookForChapters(prefix))
  return known.get(prefix)!
}

function lookForChapters(prefix: string): [string, Part[]][] {
  const pages = fs.readdirSync(path.join(DOCS, prefix)).filter((name) => name.endsWith('.md')).map((name) => name.slice(0, -3))
  return pages.map((page): [string, Part[]] => [page, partsOf(prefix, page)]).filter(([, parts]) => parts.length > 0)
}

/** Where a link to a chapter leads from this page: into the part that has the heading. The chapter itself keeps its own. */
export function linkInParts(page: string, href: string): string {
  if (/^([a-z]+:|\/)/.test(href)) return href
  const prefix = page.startsWith('en/') ? 'en/' : ''
  const [file, anchor] = href.split('#')
  const goal = file ? path.posix.join(path.posix.dirname(page), file) : page
  for (const [whole, parts] of chaptersOf(prefix)) {
    const own = parts.find((part) => `${prefix}${part.name}.md` === page)
    const leadsIn = goal === `${prefix}${whole}.md` ? page !== goal : !file && own && !own.ids.includes(anchor)
    if (!leadsIn) continue
    const part = anchor ? parts.find(({ ids }) => ids.includes(anchor)) : parts[0]
    if (part) return path.posix.relative(path.posix.dirname(page), `${prefix}${part.name}.md`) + (anchor ? `#${anchor}` : '')
  }
  return href
}
