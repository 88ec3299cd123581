// SPDX-License-Identifier: MIT
//
// What a lesson says, as parts of a page.

import { h } from 'vue'
import { blocks, inline, strips } from './markdown.mjs'

/** A line with its code and strong words. */
export function Words({ text }) {
  return inline(text).map((piece) => (piece.as ? h(piece.as, piece.text) : piece.text))
}
Words.props = ['text']

const words = (tag, text) => h(tag, Words({ text }))
const SCROLLS = { tabindex: 0, role: 'group' }

const NARROWER = 1.15 // so much smaller letters can still be read

/** Lines, of which a long one goes on below; those of a picture, in which each column counts, fit into so many of them: with
 * smaller letters if there are a few too many, and else in pieces. */
export function Lines({ lines, columns, label }) {
  const more = { ...SCROLLS, 'aria-label': label }
  if (!columns) return h('pre', { class: 'learn-lines', ...more }, lines.map((line) => h('span', `${line}\n`)))
  const wide = Math.max(0, ...lines.map((line) => line.length)) / columns
  const style = wide > 1 && wide <= NARROWER ? { fontSize: `${12 / wide}px` } : undefined
  return h('pre', { class: 'learn-lines learn-drawn', style, ...more }, (style ? lines : strips(lines, columns)).join('\n'))
}
Lines.props = ['lines', 'columns', 'label']

/** Markdown without its heading, which the page has above it. */
export function Marked({ text, columns, label }) {
  const shown = {
    heading: () => undefined,
    paragraph: (block) => words('p', block.text),
    list: ({ ordered, items }) => h(ordered ? 'ol' : 'ul', items.map((item) => words('li', item.replace(/^(- |\d+\. )/, '')))),
    fence: ({ lines }) => h(Lines, { lines, columns, label }),
  }
  return h('div', { class: 'learn-marked' }, blocks(text).map((block) => shown[block.as](block)))
}
Marked.props = ['text', 'columns', 'label']

const MARKS = { passed: '\u2713', failed: '\u2717', left: '\u2013' }

const PIECES = {
  title: ({ text }) => h('h3', { class: 'learn-title' }, text),
  space: () => undefined,
  verdict: ({ mark, text }) => h('p', { class: ['learn-verdict', `learn-${mark}`] }, [h('span', { 'aria-hidden': 'true' }, `${MARKS[mark]} `), text.trim()]),
  label: ({ text }) => h('p', { class: 'learn-label' }, text.trim()),
  lines: ({ lines, drawn }, { columns, label }) => h(Lines, { lines, columns: drawn ? columns : undefined, label }),
  value: ({ label, value }) => h('p', { class: 'learn-value' }, [h('span', label.trim()), ' ', h('code', value)]),
  legend: ({ text }) => h('p', { class: 'learn-quiet learn-legend' }, text),
  diagnosis: ({ text, name }) => h('h4', { class: 'learn-diagnosis', 'data-diagnosis': name }, [text, ' ', h('span', `(${name})`)]),
  told: ({ text }) => words('p', text),
  markdown: ({ text, drawn }, { columns, label }) => h(Marked, { text, columns: drawn ? columns : undefined, label }),
}

/** All that was said of a look. */
export function Pieces({ pieces, columns, label }) {
  return pieces.map((piece) => PIECES[piece.as](piece, { columns, label }))
}
Pieces.props = ['pieces', 'columns', 'label']
