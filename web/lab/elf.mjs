// SPDX-License-Identifier: MIT
//
// Where a symbol of a 32-bit ELF file lies.

const SYMBOL_TABLE = 2 // type of the section
const SECTION_BYTES = 40
const SYMBOL_BYTES = 16

/** The address of a symbol of the image, or undefined. */
export function addressOf(image, wanted) {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength)
  const word = (at) => view.getUint32(at, true)
  const section = (n) => word(32) + n * SECTION_BYTES
  for (let n = 0; n < view.getUint16(48, true); n++) {
    if (word(section(n) + 4) !== SYMBOL_TABLE) continue
    const [offset, bytes] = [word(section(n) + 16), word(section(n) + 20)]
    const names = word(section(word(section(n) + 24)) + 16)
    for (let at = offset; at < offset + bytes; at += SYMBOL_BYTES)
      if (nameAt(image, names + word(at)) === wanted) return word(at + 4)
  }
  return undefined
}

function nameAt(image, at) {
  return String.fromCharCode(...image.subarray(at, image.indexOf(0, at)))
}
