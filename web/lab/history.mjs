// SPDX-License-Identifier: MIT
//
// What happened to the heap, byte for byte: at each event the bytes that changed, before and after. Forwards and
// backwards through them goes a copy of the heap, and any moment can be read as if it were now.

import { now, readEvent, STATE, wordsAt, WORD } from './description.mjs'
import { threeWords } from './heap.mjs'

const ALL_USED = 1 << 16 // a heap that uses no more is compared whole at each event; a larger one when the kernel waits
const MARGIN = 1024 // what bugs write lies within this of the free pointer
const MOST_BYTES = 48 << 20 // of changes that are kept
const MOST_STEPS = 20000
const APART = 16 // changed bytes nearer than this are one change

/** Runs of bytes in which the two differ, within [from, to), which are multiples of a word. */
function differences(old, fresh, from, to) {
  const before = new Uint32Array(old.buffer, old.byteOffset, old.byteLength >> 2)
  const after = new Uint32Array(fresh.buffer, fresh.byteOffset, fresh.byteLength >> 2)
  const runs = []
  for (let n = from >> 2; n < to >> 2; n++) {
    if (before[n] === after[n]) continue
    const last = runs.at(-1)
    if (last && n * WORD - last.end < APART) last.end = (n + 1) * WORD
    else runs.push({ start: n * WORD, end: (n + 1) * WORD })
  }
  return runs
}

export class History {
  constructor(read, known) {
    this.read = read
    this.known = known
    const words = threeWords(read, known)
    this.base = words.heap_start - known.tag_bytes
    this.length = words.heap_end - this.base
    this.begin()
  }

  /** Here begins what is known. */
  begin() {
    this.steps = []
    this.forgotten = 0 // steps that were dropped from the front
    this.bytes = 0
    this.copy = this.read(this.base, this.length).slice()
    this.past = this.told = undefined
    this.top = this.pointer()
    this.newest = now(this.read, this.known, 'event_count')
    this.add([])
  }

  pointer() {
    return threeWords(this.read, this.known).free_memory_pointer
  }

  /** A step after which memory is as it is now. One without an event of its own has the number of the last event. */
  add(changes, unnoticed = false) {
    const event = this.newest ? readEvent(this.read, this.known, this.newest) : undefined
    const words = wordsAt(this.read, this.known.heap, 3)
    const atPrompt = now(this.read, this.known, 'state') === STATE.WAITING
    this.steps.push({ number: this.newest, event, unnoticed, changes, words, atPrompt })
    this.bytes += cost(this.steps.at(-1))
    this.trim()
  }

  /** The kernel has just counted an event. */
  moment() {
    const number = now(this.read, this.known, 'event_count')
    if (number === this.newest) return
    this.renew()
    this.newest = number
    this.add(this.changes(this.ranges(readEvent(this.read, this.known, number))))
  }

  /** The kernel waits: what changed since the last event is a step of its own, and the last block has its number by
   * now. */
  settle() {
    this.renew()
    const used = Math.max(this.pointer(), this.top) - this.base
    const changes = this.changes([[0, used <= ALL_USED ? used + MARGIN : this.length]])
    const words = wordsAt(this.read, this.known.heap, 3)
    if (changes.length > 0 || words.some((word, n) => word !== this.steps.at(-1).words[n])) this.add(changes, true)
  }

  /** Is anything near what is used other than it was? Of a large heap only its beginning is looked at. */
  differs() {
    const used = Math.min(this.pointer() - this.base + MARGIN, ALL_USED, this.length) & ~3
    return differences(this.copy, this.read(this.base, this.length), 0, Math.max(0, used)).length > 0
  }

  renew() {
    const last = this.steps.at(-1)
    if (last.number) last.event = readEvent(this.read, this.known, last.number)
  }

  /** Where the event may have changed something, as offsets. */
  ranges(event) {
    const pointer = this.pointer()
    const [low, high] = [Math.min(pointer, this.top) - this.base, Math.max(pointer, this.top) - this.base]
    this.top = pointer
    if (high <= ALL_USED) return [[0, high + MARGIN]]
    const written = ['write', 'restore'].includes(event.name)
      ? [[event.address - this.base, event.address + event.size - this.base]]
      : []
    return [[low - MARGIN, high + MARGIN], ...written]
  }

  changes(ranges) {
    const fresh = this.read(this.base, this.length)
    const changes = []
    for (const [from, to] of ranges) {
      const [first, last] = [Math.max(0, from) & ~3, Math.min(this.length, to + 3) & ~3]
      for (const { start, end } of differences(this.copy, fresh, first, last)) {
        changes.push({ start, before: this.copy.slice(start, end), after: fresh.slice(start, end) })
        this.copy.set(fresh.subarray(start, end), start)
      }
    }
    return changes
  }

  /** The oldest go when there are too many. */
  trim() {
    while (this.steps.length > MOST_STEPS || (this.bytes > MOST_BYTES && this.steps.length > 1)) {
      this.bytes -= cost(this.steps.shift())
      this.forgotten++
      if (this.past && --this.past.at < 0) this.past = undefined
    }
  }

  /** Memory as it was right after step n, for readHeap. */
  at(n) {
    this.past ??= { bytes: this.copy.slice(), at: this.steps.length - 1 }
    const { past, steps } = this
    while (past.at < n) apply(past.bytes, steps[++past.at].changes, 'after')
    while (past.at > n) apply(past.bytes, steps[past.at--].changes, 'before')
    const words = new Uint8Array(new Uint32Array(steps[n].words).buffer)
    return (address, length) => {
      const offset = (address >>> 0) - this.base
      if (offset >= 0 && offset + length <= this.length) return past.bytes.subarray(offset, offset + length)
      return address === this.known.heap && length === words.length ? words : this.read(address, length)
    }
  }

  /** N of #N by payload, and the sizes that were asked for, after step n. Most often it is asked of the newest. */
  asked(n) {
    const place = this.forgotten + n
    if (!this.told || this.told.place > place)
      this.told = { place: this.forgotten, numbers: new Map(), sizes: new Map() }
    const { told } = this
    for (; told.place < place; told.place++) this.note(told, this.steps[told.place - this.forgotten])
    return this.note({ numbers: new Map(told.numbers), sizes: new Map(told.sizes) }, this.steps[n])
  }

  note(told, { event, unnoticed }) {
    const { numbers, sizes } = told
    if (unnoticed || !event) return told
    if (event.name === 'alloc') {
      numbers.set(event.address, event.block)
      sizes.set(event.address, event.size)
    }
    if (event.name === 'resize') sizes.set(event.address, event.size)
    if (event.name === 'restore') forget([numbers, sizes], event.address + this.known.tag_bytes)
    return told
  }

  /** The steps at which somebody came in between. */
  interrupts() {
    return this.steps.flatMap(({ event, unnoticed }, n) => (event?.name === 'irq' && !unnoticed ? [n] : []))
  }

  /** How many steps there have ever been: a place to come back to. */
  place() {
    return this.forgotten + this.steps.length
  }

  /** The machine was taken back to where there were so many. */
  takeBack(place) {
    if (place <= this.forgotten) return this.begin()
    const { steps } = this
    for (const step of steps.splice(place - this.forgotten)) this.bytes -= cost(step)
    this.copy = this.read(this.base, this.length).slice()
    this.past = this.told = undefined
    this.top = this.pointer()
    this.newest = steps.at(-1).number
  }
}

/** Runs of bytes that a step changed, as addresses. */
export function changedBytes(history, step) {
  const runs = []
  for (const { start, before, after } of step.changes)
    after.forEach((byte, n) => {
      if (byte === before[n]) return
      const address = history.base + start + n
      if (runs.at(-1)?.[1] === address) runs.at(-1)[1]++
      else runs.push([address, address + 1])
    })
  return runs
}

function apply(bytes, changes, side) {
  for (const change of side === 'after' ? changes : changes.toReversed()) bytes.set(change[side], change.start)
}

/** What the lab allocated is gone when the heap is as it was before. */
function forget(maps, from) {
  for (const map of maps) for (const payload of map.keys()) if (payload >= from) map.delete(payload)
}

function cost(step) {
  return step.changes.reduce((sum, change) => sum + 2 * change.before.length, 256)
}
