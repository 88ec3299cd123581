// SPDX-License-Identifier: MIT
//
// What the browser's PDF lacks. It writes the letters of each cluster beside it (ActualText), but draws a mark behind the
// letter that it stands under, where no reader expects the end of the cluster: programs that look for words see gaps in
// them. Here each word becomes one piece, with all of its letters, its rightmost glyph drawn last. What is seen stays as
// it is.

import { PDFDocument, PDFName, PDFNumber, PDFArray, decodePDFRawStream } from 'pdf-lib'

const HEX = 4 // digits of a glyph's number
const textOf = (stream) => Buffer.from(decodePDFRawStream(stream).decode()).toString('latin1')
const lettersOf = (hex) => Buffer.from(hex, 'hex').swap16().toString('utf16le')
const hexOf = (letters) => Buffer.from(letters, 'utf16le').swap16().toString('hex').toUpperCase()
const short = (number) => String(Math.round(number * 1e4) / 1e4)

/** The letters that a font says its glyphs are. */
function lettersIn(font) {
  const letters = new Map()
  const map = textOf(font.lookup(PDFName.of('ToUnicode')))
  for (const [, block] of map.matchAll(/beginbfchar([^]*?)endbfchar/g))
    for (const [, glyph, hex] of block.matchAll(/<(\w+)> <(\w+)>/g)) letters.set(parseInt(glyph, 16), lettersOf(hex))
  for (const [, block] of map.matchAll(/beginbfrange([^]*?)endbfrange/g))
    for (const [, from, to, hex] of block.matchAll(/<(\w+)> <(\w+)> <(\w+)>/g))
      for (let glyph = parseInt(from, 16), n = 0; glyph <= parseInt(to, 16); glyph++, n++)
        letters.set(glyph, String.fromCodePoint(parseInt(hex, 16) + n))
  return letters
}

/** How far each glyph of a font moves on, in thousandths: [first [w w w] first last w ...] */
function widthsIn(font) {
  const widths = new Map()
  const list = font.lookup(PDFName.of('DescendantFonts')).lookup(0).lookup(PDFName.of('W'))
  for (let at = 0; list && at < list.size(); ) {
    const first = list.lookup(at, PDFNumber).asNumber()
    const next = list.lookup(at + 1)
    if (next instanceof PDFArray) next.asArray().forEach((width, n) => widths.set(first + n, width.asNumber()))
    else for (let glyph = first; glyph <= next.asNumber(); glyph++) widths.set(glyph, list.lookup(at + 2).asNumber())
    at += next instanceof PDFArray ? 2 : 3
  }
  return widths
}

function fontsOf(page) {
  const fonts = new Map()
  for (const [name, reference] of page.node.Resources()?.lookup(PDFName.of('Font'))?.entries() ?? []) {
    const font = page.doc.context.lookup(reference)
    if (font.has(PDFName.of('ToUnicode')) && font.has(PDFName.of('DescendantFonts')))
      fonts.set(name.asString(), { letters: lettersIn(font), widths: widthsIn(font) })
  }
  return fonts
}

/** The clusters of a text object: their glyphs, each in its place, and the letters that they stand for. */
function clustersOf(lines, { letters, widths }, size) {
  const clusters = []
  let [x, y] = [0, 0]
  let open
  for (const line of lines) {
    const [, dx = '0', dy = '0', hex] = /^(?:(\S+) (\S+) Td )?<(\w+)> Tj$/.exec(line) ?? []
    const told = /^\/Span<<\/ActualText <FEFF(\w*)> >> BDC$/.exec(line)
    if (told) clusters.push((open = { text: lettersOf(told[1]), glyphs: [] }))
    if (line === 'EMC') open = undefined
    if (!hex) continue
    ;[x, y] = [x + Number(dx), y + Number(dy)]
    let ahead = 0
    for (let at = 0; at < hex.length; at += HEX) {
      const glyph = parseInt(hex.slice(at, at + HEX), 16)
      const wide = ((widths.get(glyph) ?? 0) * size) / 1000
      const cluster = open ?? { text: letters.get(glyph) ?? '', glyphs: [] }
      if (!open) clusters.push(cluster)
      cluster.glyphs.push({ hex: hex.slice(at, at + HEX), x: x + ahead, y, end: x + ahead + wide })
      ahead += wide
    }
  }
  return clusters
}

function wordsOf(clusters) {
  const words = []
  let before
  for (const { text, glyphs } of clusters) {
    const blank = !text.trim()
    if (!before || blank !== before.blank) words.push((before = { blank, text: '', glyphs: [] }))
    before.text += text
    before.glyphs.push(...glyphs)
  }
  return words
}

/** The leftmost glyph first and the one that reaches furthest last: between them a reader sees the word. */
function inOrder(glyphs) {
  const first = glyphs.reduce((one, other) => (other.x < one.x ? other : one))
  const last = glyphs.reduce((one, other) => (other.end >= one.end ? other : one))
  const between = glyphs.filter((glyph) => glyph !== first && glyph !== last)
  return first === last ? [...between, last] : [first, ...between, last]
}

/** One text object, from BT to ET. */
function mended(object, fonts) {
  const [, name, size] = /^\/(\S+) (\S+) Tf$/m.exec(object) ?? []
  const font = fonts.get(`/${name}`)
  if (!object.includes('/ActualText') || !font) return object
  const lines = object.split('\n')
  if (!lines.every((line) => /( Tf| Tm| Tj|BDC|EMC|BT|ET)$/.test(line))) return object
  const out = ['BT', lines.find((line) => / Tf$/.test(line)), lines.find((line) => / Tm$/.test(line))]
  let [x, y] = [0, 0]
  for (const { text, glyphs } of wordsOf(clustersOf(lines, font, Number(size)))) {
    out.push(`/Span<</ActualText <FEFF${hexOf(text)}> >> BDC`)
    for (const glyph of inOrder(glyphs)) {
      out.push(`${short(glyph.x - x)} ${short(glyph.y - y)} Td <${glyph.hex}> Tj`)
      x += Number(short(glyph.x - x))
      y += Number(short(glyph.y - y))
    }
    out.push('EMC')
  }
  return [...out, 'ET'].join('\n')
}

/** The same PDF, in which words are found. */
export async function withWords(bytes) {
  const document = await PDFDocument.load(bytes, { updateMetadata: false })
  for (const page of document.getPages()) {
    const reference = page.node.get(PDFName.of('Contents'))
    const fonts = fontsOf(page)
    const text = textOf(document.context.lookup(reference)).replace(/^BT\n[^]*?\nET$/gm, (object) => mended(object, fonts))
    document.context.assign(reference, document.context.flateStream(Buffer.from(text, 'latin1')))
  }
  return document.save({ updateFieldAppearances: false })
}

/** Where each name lies to which a link leads: the page, counted from 1, and how far above its lower edge, in points. */
export async function placesIn(bytes) {
  const document = await PDFDocument.load(bytes, { updateMetadata: false })
  const numbers = new Map(document.getPages().map((page, n) => [page.ref.toString(), n + 1]))
  const names = document.catalog.lookup(PDFName.of('Dests'))
  const placeOf = (place) => ({ page: numbers.get(place.get(0).toString()), above: place.lookup(3, PDFNumber).asNumber() }) // [page /XYZ x y zoom]
  return Object.fromEntries([...names.entries()].map(([name, place]) => [name.decodeText(), placeOf(document.context.lookup(place))]))
}
