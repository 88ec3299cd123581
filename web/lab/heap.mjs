// SPDX-License-Identifier: MIT
//
// The heap as its bytes tell it: blocks from the newest down, each tag's words solved and compared, each filled byte
// looked at. Pure functions over `read(address, length)`; nothing is believed that the bytes do not prove.

import { functionAt, functionOf, readNumbers, wordsAt, WORD } from './description.mjs'
import { figures } from './figures.mjs'

const below = (value) => value >>> 0

function rounded(known, size) {
  return Math.ceil(size / known.align) * known.align
}

function fillWord(known) {
  return below(known.slack_byte * 0x01010101)
}

/** FENCE is filled as slack is; of a block with a gap it tells that instead. */
function fenceOf(known, gap) {
  return gap === 0 ? fillWord(known) : below(~fillWord(known) + gap)
}

function gapOf(known, fence) {
  return fence === fillWord(known) ? 0 : below(fence - ~fillWord(known))
}

/** What `name` has to be for this word of a tag to hold `found`. */
function solve(formula, name, found, values) {
  return below(found - formula.value({ ...values, [name]: 0 }))
}

/** The seal is the word that names them all. */
function sealOf(known) {
  return known.tag.findIndex(({ names }) => names.includes('boundary'))
}

/** The tag below a boundary: its words, and the size, owner and gap that they tell. */
function readTag(read, known, words, boundary) {
  const found = wordsAt(read, boundary - known.tag_bytes, known.tag.length)
  const told = { ...words, key: known.key, boundary, fence: 0, size: 0, owner: 0 }
  for (const name of ['fence', 'size', 'owner']) {
    const n = known.tag.findIndex((formula) => formula.names.includes(name))
    told[name] = solve(known.tag[n], name, found[n], told)
  }
  const sealed = known.tag.every((formula, n) => formula.value(told) === found[n])
  return { ...told, gap: gapOf(known, told.fence), found, sealed }
}

/** Room for a block of this size and gap between heap_start and the boundary. */
function fits(known, words, boundary, size, gap) {
  return size + gap + known.tag_bytes <= boundary - words.heap_start
}

function begins(known, words, boundary, size, gap) {
  if (size > boundary || gap % known.align !== 0 || !fits(known, words, boundary, rounded(known, size), gap))
    return undefined
  const payload = boundary - known.tag_bytes - rounded(known, size)
  return { payload, begin: payload - gap, size, gap }
}

/** The gap that the word in front of a payload tells. */
function filledGap(read, known, payload) {
  return below(wordsAt(read, payload - WORD, 1)[0] - fillWord(known))
}

/** The sizes that the other words of a tag tell, with its own gap and with none. Where not even the last byte of SIZE
 * stands a write through FENCE may have run on into OWNER, and then they tell nothing. */
function sizesBySeal(known, tag) {
  const seal = sealOf(known)
  const last = (size) => below(size + known.key) >>> 24
  return [tag.gap, 0].flatMap((gap) => {
    const fence = fenceOf(known, gap)
    const size = solve(known.tag[seal], 'size', tag.found[seal], { ...tag, fence })
    return tag.fence === fence || last(tag.size) === last(size) ? [size] : []
  })
}

/** Where a block under a damaged tag may begin: each way that leads to a sealed tag. */
function guesses(read, known, words, boundary, tag) {
  const ways = [tag.size, ...sizesBySeal(known, tag)].flatMap((size) => {
    const plain = begins(known, words, boundary, size, 0)
    if (!plain) return []
    return [0, filledGap(read, known, plain.payload), tag.gap].map((gap) => begins(known, words, boundary, size, gap))
  })
  return ways.filter((way) => way && readTag(read, known, words, way.begin).sealed)
}

/** Of a tag that tells nothing the block is still known by its payload: of those that the kernel has numbered the
 * highest, if a sealed tag lies where it begins. Its size is the most that fitted. */
function given(read, known, words, tag, names) {
  const end = tag.boundary - known.tag_bytes
  let payload = 0
  for (const one of names.keys()) if (one <= end && one > payload) payload = one
  if (payload < words.heap_start) return undefined
  const ways = [0, filledGap(read, known, payload)].map((gap) => ({
    payload,
    begin: payload - gap,
    size: end - payload,
    gap,
  }))
  return ways.find(({ begin }) => begin >= words.heap_start && readTag(read, known, words, begin).sealed)
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

/** The owner stands in one word, and the seal tells it again. Where they disagree the one that a call returns to is
 * right; undefined where both could be, or neither. */
function ownerOf(read, known, tag, { size, gap }) {
  const seal = sealOf(known)
  const sealed = solve(known.tag[seal], 'owner', tag.found[seal], { ...tag, size, fence: fenceOf(known, gap) })
  if (tag.owner === sealed) return sealed
  const right = [tag.owner, sealed].filter((owner) => returnsThere(read, known, owner))
  return right.length === 1 ? right[0] : undefined
}

/** What the words of a tag should be for this block. Where nobody knows the owner its word is doubted with the seal. */
function tagDamage(read, known, tag, block, owner) {
  const right = { ...tag, size: block.size, fence: fenceOf(known, block.gap), owner: owner ?? tag.owner }
  const damage = compare(read, block.tag, bytesOf(known.tag.map((formula) => formula.value(right))), 'tag')
  if (owner !== undefined) return damage
  const doubted = known.tag.findIndex(({ names }) => names.includes('owner'))
  return [...damage, { piece: 'tag', address: block.tag + doubted * WORD, length: WORD }]
}

/** A block where `place` says, and all that is not as the heap left it around it. */
function blockAt(read, known, tag, place) {
  const owner = ownerOf(read, known, tag, place)
  const block = { ...place, boundary: tag.boundary, tag: tag.boundary - known.tag_bytes, owner: owner ?? tag.owner }
  block.sealed = tag.sealed
  block.slack = block.tag - block.payload - block.size
  block.damage = [
    ...gapDamage(read, known, block),
    ...slackDamage(read, known, block),
    ...tagDamage(read, known, tag, block, owner),
  ]
  return block
}

function lostTag(known, boundary) {
  return { piece: 'tag', address: boundary - known.tag_bytes, length: known.tag_bytes }
}

function sumOf(runs) {
  return runs.reduce((sum, run) => sum + run.length, 0)
}

/** The block that ends at a boundary, or nothing where its bytes lead nowhere. Of the ways that lead down to a sealed
 * tag the nearest is right, no block lies between; and of those the one that the fewest bytes speak against. */
function blockBelow(read, known, words, boundary, names) {
  const tag = readTag(read, known, words, boundary)
  const told = begins(known, words, boundary, tag.size, tag.gap)
  const places = tag.sealed && told ? [told] : guesses(read, known, words, boundary, tag)
  const blocks = places.map((place) => blockAt(read, known, tag, place))
  blocks.sort((one, other) => other.begin - one.begin || sumOf(one.damage) - sumOf(other.damage))
  if (blocks.length > 0) return blocks[0]
  const lost = given(read, known, words, tag, names)
  if (!lost) return told && blockAt(read, known, tag, told)
  return { ...blockAt(read, known, tag, lost), owner: undefined, damage: [lostTag(known, boundary)] }
}

const FLOOR_SIZE = -64 // no block has such a size

/** Below heap_start lies a tag that ends no block. */
function floorDamage(read, known, words) {
  const address = words.heap_start - known.tag_bytes
  const right = {
    ...words,
    key: known.key,
    boundary: words.heap_start,
    fence: fillWord(known),
    size: below(FLOOR_SIZE),
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
    const block = blockBelow(read, known, words, boundary, names)
    if (!block) break
    const ownerName = block.owner === undefined ? '?' : functionAt(known, block.owner)
    blocks.push({ ...block, number: names.get(block.payload) ?? 0, ownerName })
    boundary = block.begin
  }
  const complete = boundary === words.heap_start
  const floor = { address: words.heap_start - known.tag_bytes, damage: floorDamage(read, known, words) }
  const lost = complete ? [] : [lostTag(known, boundary)]
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
    if (size === undefined || size === block.size || block.owner === undefined) continue // a lost tag tells no size
    found.push({ what: 'size', block, memory: block.size, kernel: size })
  }
  const { used, payload, padding, tags } = heap.figures
  if (heap.complete && payload + padding + tags !== used)
    found.push({ what: 'sum', memory: payload + padding + tags, kernel: used })
  return found
}

/** What a word of a tag is called: by what it tells; the seal names them all. */
function nameOfWord({ names }) {
  return names.includes('boundary') ? 'seal' : names[0]
}

/** What one byte of a block is: the piece, and which byte of it. */
export function meaningOf(known, block, address) {
  const at = (piece, start, length, more) => ({ piece, n: address - start, length, ...more })
  if (address >= block.tag) {
    const word = Math.floor((address - block.tag) / WORD)
    const name = nameOfWord(known.tag[word])
    return at('tag', block.tag + word * WORD, WORD, { word, name, formula: known.tag[word].text })
  }
  if (address >= block.payload + block.size) return at('slack', block.payload + block.size, block.slack)
  if (address >= block.payload) return at('payload', block.payload, block.size)
  return at('gap', block.begin, block.gap)
}
