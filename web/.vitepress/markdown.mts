// SPDX-License-Identifier: MIT
//
// What the book's markup becomes on the site: fences tell where they come from, pictures have their captions, and links
// into the source, which the site does not hold, are names only.

import fs from 'node:fs'
import path from 'node:path'
import type MarkdownIt from 'markdown-it'
import type { Element, ElementContent } from 'hast'
import type { ShikiTransformer } from 'shiki'
import { commandLinks, movingHeap, stepLinks } from './moving.mts'
import { DOCS, linkInParts } from './parts.mts'

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;')
}

/** What stands over a fence: the file and the names of a listing, the machine of a session. */
function headOf(info: string): string | undefined {
  const [kind, name = '', ...rest] = info.trim().split(/\s+/)
  if (kind === 'c' && name.includes('#')) {
    const [file, names] = name.replace(/,bare$/, '').split('#')
    return `${file.replace(/^wrong:(.*)/, 'docs/wrong/$1.c')}: ${names.split('+').join(', ')}`
  }
  if (kind === 'console' && name.startsWith('wrong:')) return `docs/wrong/${name.slice(6)}.c`
  if (name.startsWith('stage:')) {
    const [stage, names] = name.slice(6).split('#')
    return `docs/${stage.startsWith('voice-') ? 'kernels' : 'stages'}/${stage}.c` + (names ? `: ${names.split('+').join(', ')}` : '')
  }
  if (kind === 'console' && name && !name.startsWith('shell:')) {
    const options = /options="([^"]*)"/.exec(info)?.[1].split(' ') ?? []
    const words = [...(rest.includes('machine=host') ? ['host'] : []), ...(rest.includes('sanitize') ? ['sanitize'] : []), ...options]
    return ['./minios run', ...words].join(' ')
  }
  if (kind === 'fault') return name.startsWith('I') ? 'kernel/memory/rules.def' : 'heap/kheap_faults.def'
  return undefined
}

/** The commands of a session that the lab can run: one on the PC, in the plain build. */
function tryIt(info: string, text: string): string {
  const [kind, name = '', ...words] = info.trim().split(/\s+/)
  const elsewhere = /^(wrong|shell|stage):/.test(name) || /machine=host|\bsanitize\b|script=/.test(info)
  const lines = [...text.matchAll(/^minios> (.*\S)\s*$/gm)].map((line) => line[1])
  if (kind !== 'console' || !name || elsewhere || lines.length === 0) return ''
  const options = /options="([^"]*)"/.exec(words.join(' '))?.[1] ?? ''
  return `<TryIt lines="${escaped(lines.join('\n'))}" options="${escaped(options)}" />`
}

function fences(md: MarkdownIt) {
  const inner = md.renderer.rules.fence!
  md.renderer.rules.fence = (tokens, at, options, env, self) => {
    const head = headOf(tokens[at].info)
    const below = movingHeap(tokens[at].info) + tryIt(tokens[at].info, tokens[at].content)
    const { info } = tokens[at]
    tokens[at].info = tokens[at].info.replace(/^(fault|console)\b.*/, 'text').replace(/^(\w+)\s.*/, '$1')
    const html = commandLinks(info, inner(tokens, at, options, env, self))
    return head ? `<figure class="fence"><figcaption v-pre>${escaped(head)}</figcaption>${html}</figure>${below}` : html
  }
}

function caption(source: string): string | undefined {
  const match = /([\w-]+)\.(bn|en)\.svg$/.exec(source)
  const file = match && path.join(DOCS, 'pictures', `${match[1]}.txt`)
  if (!file || !fs.existsSync(file)) return undefined
  return new RegExp(`^caption-${match[2]}: *(.*)$`, 'm').exec(fs.readFileSync(file, 'utf8'))?.[1]
}

const AT_MOST = 1.3 // times as large as it was drawn

function roomOf(name: string, className: string): string {
  const file = path.join(DOCS, 'pictures', name)
  if (!fs.existsSync(file)) return ''
  const svg = fs.readFileSync(file, 'utf8').replace(/<style>[^]*?<\/style>/, '')
  const wide = Number(/viewBox="0 0 (\d+)/.exec(svg)?.[1])
  const style = `min-width:${wide}px;max-width:${Math.round(AT_MOST * wide)}px`
  return `<span class="${className}" tabindex="0" v-pre>${svg.replace('<svg ', `<svg style="${style}" `).replace(/\n/g, '')}</span>`
}

/** A picture of ours is drawn into the page, whose letters and colours it then has; its own looks are for elsewhere. Some are
 * arranged a second time, for telephones; one of the two is shown. */
function drawnIn(source: string): string | undefined {
  const [, name, end] = /pictures\/([\w-]+)(\.(?:bn|en)\.svg)$/.exec(source) ?? []
  const tall = name && roomOf(`${name}-tall${end}`, 'picture-room tall')
  return (name && roomOf(name + end, tall ? 'picture-room wide' : 'picture-room') + tall) || undefined
}

function pictures(md: MarkdownIt) {
  const inner = md.renderer.rules.image!
  md.renderer.rules.image = (tokens, at, options, env, self) => {
    const source = tokens[at].attrGet('src') ?? ''
    const text = caption(source)
    const html = drawnIn(source) ?? inner(tokens, at, options, env, self)
    return `<span class="picture">${html}${text ? `<span class="caption">${escaped(text)}</span>` : ''}</span>`
  }
}

/** ../heap/kheap.c and the like: there in the repository, but not on the site. */
function leadsOut(href: string, page: string): boolean {
  if (/^([a-z]+:|\/|#)/.test(href)) return false
  return path.relative(DOCS, path.resolve(DOCS, path.dirname(page), href)).startsWith('..')
}

function sourceLinks(md: MarkdownIt) {
  md.core.ruler.push('source_links', (state) => {
    for (const block of state.tokens) {
      let out = false
      for (const token of block.children ?? []) {
        const opens = token.type === 'link_open'
        if (opens) token.attrSet('href', linkInParts(state.env.relativePath ?? '', token.attrGet('href') ?? ''))
        if (opens) out = leadsOut(token.attrGet('href') ?? '', state.env.relativePath ?? '')
        if (out && (opens || token.type === 'link_close')) {
          token.tag = 'span'
          token.type = opens ? 'span_open' : 'span_close'
          token.attrs = null
          out = opens
        }
      }
    }
  })
}

/** `- [ ] I can ...` is a box to tick; its name is that of the section and its number there. */
function tasks(md: MarkdownIt) {
  md.core.ruler.push('tasks', (state) => {
    const html = (content: string) => Object.assign(new state.Token('html_inline', '', 0), { content })
    let section = ''
    let number = 0
    for (const [at, token] of state.tokens.entries()) {
      if (token.type === 'heading_open') [section, number] = [token.attrGet('id') ?? '', 0]
      const first = token.children?.[0]
      if (token.type !== 'inline' || !first?.content.startsWith('[ ] ') || state.tokens[at - 2]?.type !== 'list_item_open') continue
      state.tokens[at - 2].attrJoin('class', 'task')
      first.content = first.content.slice(4)
      number++
      token.children = [html(`<label><Task name="${escaped(section)}.${number}" /> `), ...token.children!, html('</label>')]
    }
  })
}

const SHORT = 20 // letters; such a piece of code stays on one line

function shortCode(md: MarkdownIt) {
  md.core.ruler.push('short_code', (state) => {
    const pieces = state.tokens.flatMap((token) => token.children ?? []).filter((token) => token.type === 'code_inline')
    for (const token of pieces) if (token.content.length <= SHORT) token.attrJoin('class', 'short')
  })
}

/** Each cell carries the name of its column, for screens on which columns have no room side by side. */
function tables(md: MarkdownIt) {
  md.core.ruler.push('tables', (state) => {
    let names: string[] = []
    let column = 0
    for (const [at, token] of state.tokens.entries()) {
      if (token.type === 'table_open') names = []
      if (token.type === 'th_open') names.push(state.tokens[at + 1].content)
      if (token.type === 'tr_open') column = 0
      if (token.type === 'td_open') token.attrSet('data-of', names[column++])
    }
  })
}

export function markup(md: MarkdownIt) {
  md.use(tasks).use(tables).use(shortCode).use(sourceLinks).use(stepLinks).use(fences).use(pictures)
}

const MAP = /^[=~+*.-]{20,}$/ // a row of the map, or of dashes: each character is a place
const CARETS = /^ *\^[ ^]*$/ // points at what stands above
const TOLD = /^ +(\^ \S.*|\S.* \^)$/ // the same, and says what that is
const TEXT = /^(text|txt|plaintext|)$/

function classesOf(line: string): string[] {
  const kinds = { typed: /^(minios> |\$ )\S/, map: MAP, carets: CARETS, told: TOLD }
  return Object.entries(kinds).filter(([, kind]) => kind.test(line)).map(([name]) => name)
}

/** The letters that the carets of the next line point at stand out, so that they are found where no line is straight. */
function pointedAt(text: string, below: string): ElementContent[] {
  const runs = [...below.matchAll(/\^+/g)].map((run) => [run.index, run.index + run[0].length])
  const pieces: ElementContent[] = []
  let from = 0
  for (const [start, end] of runs.filter(([start]) => start < text.length)) {
    pieces.push({ type: 'text', value: text.slice(from, start) })
    pieces.push({ type: 'element', tagName: 'b', properties: { class: 'pointed' }, children: [{ type: 'text', value: text.slice(start, end) }] })
    from = end
  }
  return [...pieces, { type: 'text', value: text.slice(from) }]
}

const DEEP = 20 // spaces; on a phone no line begins further in
const MARKED = /^[+-]? */ // a line of a diff
const LABELLED = /^(?: *[a-z]+ {2,}|lesson \([\d.]+\) )(?=\S)(?!.* {2})/ // a word, and what is said of it

/** How far in the rest of a line begins that has no room: below what it goes on with. */
function hangOf(line: string, lang: string): number {
  const label = TEXT.test(lang) ? LABELLED.exec(line)?.[0].length : undefined
  return label ? label - 2 : (lang === 'diff' ? MARKED : /^ */).exec(line)![0].length
}

/** A deep indent stands by itself, so that it can be made shorter. */
function setApart(node: Element, indent: number) {
  const first = node.children[0]
  const text = first?.type === 'element' ? first.children[0] : undefined
  if (first?.type !== 'element' || text?.type !== 'text') return
  first.children.unshift({ type: 'element', tagName: 'span', properties: { class: 'deep' }, children: [{ type: 'text', value: text.value.slice(0, indent) }] })
  text.value = text.value.slice(indent)
}

/** Lines that may be broken: each knows its indent and ends itself; those that were typed stand out. */
export const lines: ShikiTransformer = {
  name: 'lines',
  line(node, number) {
    const source = this.source.split('\n')
    const [line, below] = [source[number - 1] ?? '', source[number] ?? '']
    const indent = /^ */.exec(line)![0].length
    const hang = hangOf(line, this.options.lang)
    if (hang) node.properties.style = `--indent:${hang}`
    if (indent > DEEP && line.trim() && !TOLD.test(line) && !CARETS.test(line)) setApart(node, indent)
    if (!TEXT.test(this.options.lang)) return
    for (const name of classesOf(line)) this.addClassToHast(node, name)
    const [inner] = node.children
    if ((CARETS.test(below) || TOLD.test(below)) && node.children.length === 1 && inner.type === 'element') inner.children = pointedAt(line, below)
  },
  code(node) {
    node.children = node.children.flatMap((child, at) => {
      const before = node.children[at - 1]
      if (child.type !== 'text' || before?.type !== 'element') return [child]
      before.children.push(child)
      return []
    })
  },
}
