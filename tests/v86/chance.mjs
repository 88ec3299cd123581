// SPDX-License-Identifier: MIT
//
// Chance that can be repeated: commands for the heap, and the table by which their effect is compared.

export function random(seed) {
  let state = Number(seed)
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

export const OPERATIONS = [
  (r) => `alloc ${r(300)}`,
  (r) => `alloc ${r(100)} ${1 << r(13)}`,
  (r) => `zalloc ${r(80)}`,
  () => 'free',
  (r) => `free #${1 + r(9)}`,
  (r) => `resize last ${r(200)}`,
  () => 'mark',
  () => 'release',
  (r) => `fill #${1 + r(9)} text`,
  (r) => `alloc 1${r(9)}; alloc ${r(40)}`,
]

/** The rows that the newest `blocks all` printed. */
export function blocksIn(text) {
  const table = text.slice(text.lastIndexOf('minios> blocks all'))
  return [...table.matchAll(/^ +(#\d+|-) +(0x.*)$/gm)].map((row) => `${row[1]} ${row[2].trim().split(/ +/).join(' ')}`)
}
