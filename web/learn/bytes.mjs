// SPDX-License-Identifier: MIT
//
// Bytes as text and back, whatever they are: one that is no UTF-8 becomes a half of a pair that no text has, as in the
// terminal's lessons, and so each byte of a file comes back as it was.

const LONE = 0xdc00

/** How many bytes a letter has that begins with this one. */
function lengthOf(first) {
  return first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function letterAt(bytes, at) {
  const length = lengthOf(bytes[at])
  if (!length || at + length > bytes.length) return undefined
  try {
    return { text: strict.decode(bytes.subarray(at, at + length)), length }
  } catch {
    return undefined
  }
}

export function textOf(bytes) {
  try {
    return strict.decode(bytes)
  } catch {
    let text = ''
    for (let at = 0; at < bytes.length; ) {
      const letter = letterAt(bytes, at)
      text += letter?.text ?? String.fromCharCode(LONE + bytes[at])
      at += letter?.length ?? 1
    }
    return text
  }
}

const utf8 = new TextEncoder()

export function bytesOf(text) {
  return Uint8Array.from([...text].flatMap((letter) => {
    const code = letter.codePointAt(0)
    return code >= LONE + 0x80 && code <= LONE + 0xff ? [code - LONE] : [...utf8.encode(letter)]
  }))
}
