// SPDX-License-Identifier: MIT
//
// The commands in the address: behind the #, which a browser keeps to itself.

const LONGEST = 70 // characters of a line, as the kernel takes them
const MOST = 500

export function addressFor(page, lines) {
  const address = new URL(page)
  address.hash = lines.length ? `run=${lines.map(encodeURIComponent).join('/')}` : ''
  return address.href
}

/** What is no command cannot come in: plain ASCII lines only, and no more of them than a person would type. */
export function linesIn(page) {
  const found = /^#run=(.*)$/.exec(new URL(page).hash)
  if (!found) return []
  try {
    const lines = found[1].split('/').map(decodeURIComponent)
    return lines.filter((line) => /^[ -~]+$/.test(line) && line.length <= LONGEST).slice(0, MOST)
  } catch {
    return []
  }
}
