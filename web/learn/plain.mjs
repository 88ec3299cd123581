// SPDX-License-Identifier: MIT
//
// What a lesson says, as plain text: as ./minios learn prints it into a file, so that it can be sent to somebody.

import { blocks, inline, strips } from './markdown.mjs'

const WIDTH = 80
const INDENT = 6 // of code and of what is drawn

/** Columns, not characters: vowel signs stand on their letter. */
function widthOf(text) {
  return [...text.replace(/[\p{Mn}\p{Me}\p{Cf}]/gu, '')].length
}

/** Between words, and not within code that fits into a line. */
export function wrapped(text, indent = '', first = indent) {
  const most = WIDTH - 2
  const whole = (code) => (code.length <= most - indent.length ? code.replaceAll(' ', '\u00a0') : code)
  const lines = [first]
  let used = 0
  for (const chunk of text.replace(/`[^`]*`/g, whole).split(/([\t\n\v\f\r ]+)/)) {
    if (used && used + widthOf(chunk) > most - (lines.length > 1 ? indent : first).length) {
      lines.push(indent)
      used = 0
    }
    if (!chunk || (!used && !chunk.trim())) continue
    lines[lines.length - 1] += chunk
    used += widthOf(chunk)
  }
  return lines.map((line) => line.trimEnd()).join('\n').replaceAll('\u00a0', ' ')
}

const bare = (text) => inline(text).map((piece) => piece.text).join('')

function listed(block, indent) {
  return block.items.map((item) => bare(wrapped(item, indent + (item[0] === '-' ? '  ' : '   '), indent))).join('\n')
}

export function plainMarkdown(text, { indent = '  ', drawn = false } = {}) {
  const room = WIDTH - indent.length - 2
  const shown = {
    heading: ({ text }) => text,
    paragraph: ({ text }) => bare(wrapped(text, indent)),
    list: (block) => listed(block, indent),
    fence: ({ lines }) => (drawn ? strips(lines, room) : lines).map((line) => `${indent}  ${line}`.trimEnd()).join('\n'),
  }
  return blocks(text).map((block) => shown[block.as](block)).join('\n\n')
}

const MARKS = { passed: '[x]', failed: '[ ]', left: '[-]' }
const PLAIN = {
  title: ({ text }) => text,
  space: () => '',
  verdict: ({ mark, text }) => `  ${MARKS[mark]} ${text}`,
  label: ({ text }) => text,
  lines: ({ lines }) => lines.map((line) => `${' '.repeat(INDENT)}${line}`).join('\n'),
  value: ({ label, value }) => `  ${label}  ${value}`,
  legend: ({ text }) => `  ${text}`,
  diagnosis: ({ text, name }) => `${text}  (${name})`,
  told: ({ text, indent = '  ' }) => bare(wrapped(text, indent)),
  markdown: ({ text, drawn }) => plainMarkdown(text, { drawn }),
}

/** The text of all pieces, a line each or more. */
export function plain(pieces) {
  return pieces.map((piece) => `${PLAIN[piece.as](piece)}\n`).join('')
}
