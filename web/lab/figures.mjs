// SPDX-License-Identifier: MIT
//
// The figures of a heap, from its three words and its blocks.

/** Used, free and what used is made of; `used` is counted both ways and must agree. */
export function figures(known, words, blocks) {
  const total = (of) => blocks.reduce((sum, block) => sum + of(block), 0)
  const used = words.free_memory_pointer - words.heap_start
  const free = words.heap_end - words.free_memory_pointer
  return {
    used,
    free,
    blocks: blocks.length,
    payload: total((block) => block.size),
    padding: total((block) => block.gap + block.slack),
    tags: blocks.length * known.tag_bytes,
    largest: Math.max(0, free - known.tag_bytes),
  }
}
