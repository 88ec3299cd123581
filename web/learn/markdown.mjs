// SPDX-License-Identifier: MIT
//
// The little Markdown of the exercises, as exercises/learn/screen.py reads it: headings, paragraphs, lists and fences, and
// in them code, strong and stressed words.

const MARKED = /`([^`]*)`|\*\*([^*]*)\*\*|(?<!\S)\*(?=\S)([^*]{1,60})(?<=\S)\*/g
const LINK = /\[([^\]]*)\]\([^)]*\)/g
const CUT = '- - -' // below a piece of a picture: the rest of it comes next

/** The pieces of a line: { text, as: 'code' | 'strong' | undefined }. Of a link its text is left. */
export function inline(text) {
  const plain = text.replace(LINK, '$1')
  const pieces = []
  let from = 0
  for (const found of plain.matchAll(MARKED)) {
    if (found.index > from) pieces.push({ text: plain.slice(from, found.index) })
    pieces.push(found[1] !== undefined ? { text: found[1], as: 'code' } : { text: found[2] ?? found[3], as: 'strong' })
    from = found.index + found[0].length
  }
  if (from < plain.length) pieces.push({ text: plain.slice(from) })
  return pieces.filter((piece) => piece.text)
}

function blockOf(text) {
  const oneLine = (words) => words.split(/\s+/).filter(Boolean).join(' ')
  if (text.startsWith('#')) return { as: 'heading', text: text.replace(/^[# ]+/, '') }
  if (!/^(- |\d+\. )/.test(text)) return { as: 'paragraph', text: oneLine(text) }
  const items = text.split(/\n(?=- |\d+\. )/).map(oneLine)
  return { as: 'list', ordered: text[0] !== '-', items }
}

/** Blocks: { as: 'heading' | 'paragraph', text }, { as: 'list', ordered, items } with their marks, { as: 'fence', lines }. */
export function blocks(text) {
  return text.split(/(^```[^]*?^```$)/m).flatMap((part) => {
    if (part.startsWith('```')) return [{ as: 'fence', lines: part.split('\n').slice(1, -1) }]
    return part.replace(/^\n+|\n+$/g, '').split(/\n{2,}/).filter(Boolean).map(blockOf)
  })
}

/** What is torn apart at a column: words, and less dear, a mark and its name, or words that stand together. */
function costOf(lines, column) {
  const torn = (left, right) => (/\w$/.test(left) && /^\w/.test(right) ? 4 : 0) + (/[\w,^] ?$/.test(left) && /^ ?\w/.test(right) ? 1 : 0)
  return lines.reduce((sum, line) => sum + torn(line.slice(0, column), line.slice(column)), 0)
}

const withoutEmptyEnds = (lines) => lines.join('\n').replace(/^\n+|\n+$/g, '').split('\n')

/** A picture that is too wide, in pieces one below the other: a mark stays below what it points at. */
export function strips(lines, room) {
  if (Math.max(0, ...lines.map((line) => line.length)) <= room) return lines
  let cut = room
  for (let column = room; column > Math.floor(room / 3); column--)
    if (costOf(lines, column) < costOf(lines, cut)) cut = column
  const left = withoutEmptyEnds(lines.map((line) => line.slice(0, cut).trimEnd()))
  return [...left, CUT, ...strips(withoutEmptyEnds(lines.map((line) => line.slice(cut))), room)]
}
