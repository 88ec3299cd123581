// SPDX-License-Identifier: MIT
//
// The sections and symbols of a 32-bit ELF file. Of a damaged file: RangeError, as reading behind its end gives.

const SYMBOL_TABLE = 2 // type of the section
const SECTION_BYTES = 40
const SYMBOL_BYTES = 16
const LONGEST_NAME = 1000

export function viewOf(image) {
  return new DataView(image.buffer, image.byteOffset, image.byteLength)
}

/** The text that ends with a zero. */
export function nameAt(image, at) {
  const end = image.indexOf(0, at)
  if (at > image.length || end < 0 || end - at > LONGEST_NAME) throw new RangeError('a name without an end')
  return String.fromCharCode(...image.subarray(at, end))
}

export function sectionsOf(image) {
  const view = viewOf(image)
  const [first, count, names] = [view.getUint32(32, true), view.getUint16(48, true), view.getUint16(50, true)]
  const wordOf = (number, n) => view.getUint32(first + number * SECTION_BYTES + 4 * n, true)
  return Array.from({ length: count }, (_, number) => {
    const word = (n) => wordOf(number, n)
    const name = nameAt(image, wordOf(names, 4) + word(0))
    return { name, type: word(1), flags: word(2), offset: word(4), size: word(5), link: word(6), info: word(7), align: word(8) }
  })
}

/** All symbols of the file: name, value (its address), size, kind and binding, and the section that it lies in. */
export function symbolsOf(image, sections = sectionsOf(image)) {
  const view = viewOf(image)
  const table = sections.find((section) => section.type === SYMBOL_TABLE)
  if (!table) return []
  const names = sections[table.link]?.offset
  if (names === undefined) throw new RangeError('a table without names')
  const symbols = []
  for (let at = table.offset; at < table.offset + table.size; at += SYMBOL_BYTES) {
    const kinds = view.getUint8(at + 12)
    symbols.push({
      name: nameAt(image, names + view.getUint32(at, true)),
      value: view.getUint32(at + 4, true),
      size: view.getUint32(at + 8, true),
      kind: kinds & 15,
      binding: kinds >> 4,
      section: view.getUint16(at + 14, true),
    })
  }
  return symbols
}

/** The address of a symbol of the image, or undefined. */
export function addressOf(image, wanted) {
  return symbolsOf(image).find((symbol) => symbol.name === wanted)?.value
}
