// SPDX-License-Identifier: MIT
//
// The heap as its bytes tell it: blocks from the newest down, each tag's words solved and compared, each filled byte
// looked at. Pure functions over `read(address, length)`; nothing is believed that the bytes do not prove.

import { functionAt, functionOf, readNumbers, wordsAt, WORD } from './description.mjs'

const below = (value) => value >>> 0

function rounded(known, size) {
  return Math.ceil(size / known.align) * known.align
}

function fillWord(known) {
  return below(known.slack_byte * 0x01010101)
}

/** What `name` has to be for this word of a tag to hold `found`. */
function solve(formula, name, found, values) {
  return below(found - formula.value({ ...values, [name]: 0 }))
}

/** The tag below a boundary: its words, and the size, owner and gap that they tell. */
function readTag(read, known, words, boundary) {
  const found = wordsAt(read, boundary - known.tag_bytes, known.tag.length)
  const told = { ...words, key: known.key, boundary, size: 0, gap: 0, owner: 0 }
  for (const name of ['size', 'owner', 'gap']) {
    const n = known.tag.findIndex((formula) => formula.names.includes(name))
    told[name] = solve(known.tag[n], name, found[n], told)
  }
  return { ...told, found, sealed: known.tag.every((formula, n) => formula.value(told) === found[n]) }
}

/** Room for a block of this size and gap between heap_start and the boundary. */
function fits(known, words, boundary, size, gap) {
  return size + gap + known.tag_bytes <= boundary - words.heap_start
}

function begins(read, known, words, boundary, size, gap) {
  if (size > boundary || gap % known.align !== 0 || !fits(known, words, boundary, rounded(known, size), gap))
    return undefined
  const payload = boundary - known.tag_bytes - rounded(known, size)
  return { payload, begin: payload - gap, size, gap }
}

/** Where a block under a damaged tag may begin: of the ways that lead to a sealed tag the nearest is right. */
function guess(read, known, words, boundary, tag) {
  const seal = known.tag.length - 1
  const sizes = [tag.size]
  if (known.tag[seal].names.includes('size'))
    sizes.push(solve(known.tag[seal], 'size', tag.found[seal], { ...tag, gap: 0 }))
  const ways = sizes.flatMap((size) => {
    const plain = begins(read, known, words, boundary, size, 0)
    if (!plain) return []
    const filled = below(wordsAt(read, plain.payload - WORD, 1)[0] - fillWord(known))
    return [0, filled, tag.gap].map((gap) => begins(read, known, words, boundary, size, gap))
  })
  const sound = ways.filter((way) => way && readTag(read, known, words, way.begin).sealed)
  return (
    sound.sort((one, other) => other.begin - one.begin)[0] ?? begins(read, known, words, boundary, tag.size, tag.gap)
  )
}

/** The bytes of a range that are not as expected, as runs. */
function compare(read, address, expected, piece) {
  const bytes = read(address, expected.length)
  const damage = []
  expected.forEach((byte, n) => {
    if (byte === bytes[n]) return
    const last = damage.at(-1)
    if (last && last.address + last.length === address + n) last.length++
    else damage.push({ piece, address: address + n, length: 1 })
  })
  return damage
}

function bytesOf(words) {
  return words.flatMap((word) => [word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24])
}

function slackDamage(read, known, block) {
  const length = block.slack
  return compare(read, block.payload + block.size, Array(length).fill(known.slack_byte), 'slack')
}

/** The bytes just in front of an aligned payload: fill, and in the last word the gap on top of it. */
function gapDamage(read, known, block) {
  if (block.gap === 0) return []
  const fill = fillWord(known)
  const expected = bytesOf([...Array(known.align / WORD - 1).fill(fill), below(fill + block.gap)])
  return compare(read, block.payload - known.align, expected, 'gap')
}

const CALL = 0xe8 // and four bytes: how far
const CALL_REGISTER = [0xff, 0xd0]

/** An owner is where a call of the heap returns to. */
function returnsThere(read, known, address) {
  if (!functionOf(known, address)) return false
  const before = read(address - 5, 5)
  if (before[0] === CALL)
    return functionOf(known, below(address + wordsAt(read, address - 4, 1)[0]) + 1)?.name.startsWith('kheap_')
  return before[3] === CALL_REGISTER[0] && (before[4] & 0xf8) === CALL_REGISTER[1]
}

/** The owner stands in two words, in one of them with the gap on top. Where they disagree the one that a call returns
 * to is right; undefined where both could be, or neither. */
function ownerOf(read, known, tag, gap) {
  const told = [tag.owner, below(tag.owner + tag.gap - gap)]
  const right = told.filter((owner) => returnsThere(read, known, owner))
  if (told[0] === told[1]) return told[0]
  return right.length === 1 ? right[0] : undefined
}

/** What the words of a tag should be for a block of this size and gap. Where nobody knows the owner the same bytes of
 * both of its words are doubted. */
function tagDamage(read, known, tag, block, owner) {
  if (tag.sealed && tag.size === block.size && tag.gap === block.gap) return []
  const right = { ...tag, size: block.size, gap: block.gap, owner: owner ?? tag.owner }
  const address = tag.boundary - known.tag_bytes
  const damage = compare(read, address, bytesOf(known.tag.map((formula) => formula.value(right))), 'tag')
  if (owner !== undefined) return damage
  const [first, sum] = ['owner', 'gap'].map((name) => known.tag.findIndex(({ names }) => names.includes(name)) * WORD)
  const doubted = damage.filter((run) => run.address >= address + sum && run.address < address + sum + WORD)
  return [...doubted.map((run) => ({ ...run, address: run.address - sum + first })), ...damage]
}

/** The block that ends at a boundary, or nothing where its bytes lead nowhere. */
function blockBelow(read, known, words, boundary) {
  const tag = readTag(read, known, words, boundary)
  const told = tag.sealed ? begins(read, known, words, boundary, tag.size, tag.gap) : undefined
  const place = told ?? guess(read, known, words, boundary, tag)
  if (!place) return undefined
  const owner = ownerOf(read, known, tag, place.gap)
  const block = { ...place, boundary, tag: boundary - known.tag_bytes, owner: owner ?? tag.owner, sealed: tag.sealed }
  block.slack = block.tag - block.payload - block.size
  block.damage = [
    ...gapDamage(read, known, block),
    ...slackDamage(read, known, block),
    ...tagDamage(read, known, tag, block, owner),
  ]
  if (!tag.sealed && block.damage.every((one) => one.piece !== 'tag'))
    block.damage.push({ piece: 'tag', address: block.tag, length: known.tag_bytes })
  return block
}

/** Below heap_start lies a tag of a size that no block has: two steps below zero. */
function floorDamage(read, known, words) {
  const address = words.heap_start - known.tag_bytes
  const right = {
    ...words,
    key: known.key,
    boundary: words.heap_start,
    size: below(-2 * known.align),
    gap: 0,
    owner: 0,
  }
  return compare(read, address, bytesOf(known.tag.map((formula) => formula.value(right))), 'floor')
}

function inOrder(known, words) {
  const { heap_start: start, heap_end: end, free_memory_pointer: free } = words
  return (
    start > known.tag_bytes && start <= free && free <= end && free % known.align === 0 && start % known.align === 0
  )
}

export function threeWords(read, known) {
  const [heap_start, heap_end, free_memory_pointer] = wordsAt(read, known.heap, 3)
  return { heap_start, heap_end, free_memory_pointer }
}

/** Used, free and what used is made of; `used` is counted both ways and must agree. */
function figures(known, words, blocks) {
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

function damagedWords(read, known, words) {
  const nowhere = { words, blocks: [], floor: { damage: [] }, complete: false, lost: words.free_memory_pointer }
  return {
    ...nowhere,
    figures: figures(known, words, []),
    damage: [{ piece: 'words', address: known.heap, length: 3 * WORD }],
  }
}

/** The whole heap. `numbers` tells N of #N by payload; without it the kernel's own list does. */
export function readHeap(read, known, numbers) {
  const words = threeWords(read, known)
  if (!inOrder(known, words)) return damagedWords(read, known, words)
  const names = numbers ?? readNumbers(read, known, words.free_memory_pointer)
  const blocks = []
  let boundary = words.free_memory_pointer
  while (boundary > words.heap_start) {
    const block = blockBelow(read, known, words, boundary)
    if (!block) break
    blocks.push({ ...block, number: names.get(block.payload) ?? 0, ownerName: functionAt(known, block.owner) })
    boundary = block.begin
  }
  const complete = boundary === words.heap_start
  const floor = { address: words.heap_start - known.tag_bytes, damage: floorDamage(read, known, words) }
  const lost = complete ? [] : [{ piece: 'tag', address: boundary - known.tag_bytes, length: known.tag_bytes }]
  const damage = [...lost, ...blocks.flatMap((block) => block.damage), ...floor.damage]
  return {
    words,
    blocks,
    floor,
    complete,
    lost: complete ? undefined : boundary,
    figures: figures(known, words, blocks),
    damage,
  }
}

/** Where memory and what the kernel said of it disagree: the words against the newest event, each size against what was
 * asked for. `asked` tells the size by payload. */
export function disagreements(heap, event, asked) {
  const found = []
  for (const name of Object.keys(heap.words))
    if (event && heap.words[name] !== event[name])
      found.push({ what: 'word', name, memory: heap.words[name], kernel: event[name] })
  for (const block of heap.blocks) {
    const size = asked?.get(block.payload)
    if (size !== undefined && size !== block.size) found.push({ what: 'size', block, memory: block.size, kernel: size })
  }
  const { used, payload, padding, tags } = heap.figures
  if (heap.complete && payload + padding + tags !== used)
    found.push({ what: 'sum', memory: payload + padding + tags, kernel: used })
  return found
}

const NAMES_OF_TAG = ['size', 'owner', 'gap', 'seal']

/** What one byte of a block is: the piece, and which byte of it. */
export function meaningOf(known, block, address) {
  const at = (piece, start, length, more) => ({ piece, n: address - start, length, ...more })
  if (address >= block.tag) {
    const word = Math.floor((address - block.tag) / WORD)
    const name =
      ['size', 'owner', 'gap'].find((one) => known.tag[word].names.filter((n) => n !== 'key').at(-1) === one) ??
      NAMES_OF_TAG[word]
    return at('tag', block.tag + word * WORD, WORD, { word, name, formula: known.tag[word].text })
  }
  if (address >= block.payload + block.size) return at('slack', block.payload + block.size, block.slack)
  if (address >= block.payload) return at('payload', block.payload, block.size)
  return at('gap', block.begin, block.gap)
}
