// SPDX-License-Identifier: MIT
//
// A learner's heap, of any step, as the lab draws one. Nobody knows yet how it marks its blocks, or whether it does, so where
// they lie and how large they are is what the kernel was given and asked for; what lies between two of them is told by how
// much of it there is. Whether it is sound only the heap itself can say: `check` at the prompt asks it.

import { readNumbers } from '../lab/description.mjs'
import { figures } from '../lab/figures.mjs'
import { threeWords } from '../lab/heap.mjs'

const TAG = ['guard', 'size', 'gap', 'seal'] // of my_heap.h, as soon as there is one

const rounded = (known, size) => Math.ceil(size / known.align) * known.align

/** The description, with the tag of my_heap.h. */
export function ownDescription(known) {
  return { ...known, tag: TAG.map((name) => ({ text: name, names: [name], value: () => 0 })) }
}

/** Pieces between the end of a payload and what stands above it: slack, a tag if all blocks have room for one. */
function blockOf(known, { payload, size, above, tagged, number }) {
  const room = above - payload - size
  const slack = Math.min(tagged ? rounded(known, size) - size : room, rounded(known, size) - size)
  const tag = payload + size + slack
  return { payload, size, number, slack, tag, boundary: tagged ? tag + known.tag_bytes : tag, ownerName: '', owner: undefined, sealed: true, damage: [] }
}

/** From the newest down; a gap is what is left below a payload. */
export function readOwnHeap(read, known, given, sizes) {
  const words = threeWords(read, known)
  const numbers = given ?? readNumbers(read, known, words.free_memory_pointer)
  const live = [...sizes].filter(([payload]) => payload >= words.heap_start && payload < words.free_memory_pointer).sort(([one], [other]) => other - one)
  const above = (n) => (n === 0 ? words.free_memory_pointer : live[n - 1][0])
  const tagged = live.length > 0 && live.every(([payload, size], n) => above(n) - payload - rounded(known, size) >= known.tag_bytes)
  const blocks = live.map(([payload, size], n) => blockOf(known, { payload, size, above: above(n), tagged, number: numbers.get(payload) ?? 0 }))
  blocks.forEach((block, n) => {
    block.begin = n + 1 < blocks.length ? blocks[n + 1].boundary : words.heap_start
    block.gap = block.payload - block.begin
  })
  const told = figures({ ...known, tag_bytes: tagged ? known.tag_bytes : 0 }, words, blocks)
  return { words, blocks, floor: { address: words.heap_start - known.tag_bytes, damage: [] }, complete: true, lost: undefined, figures: told, damage: [], own: true }
}

