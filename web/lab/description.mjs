// SPDX-License-Identifier: MIT
//
// What the kernel says of its own memory (kernel/memory/description.h), and what can be read by it. `read(address, length)`
// gives bytes; where they come from, a running machine or a record of it, nobody here knows.

const MAGIC = 'MiniOS, look in'
export const WORD = 4
const MEMORY = 1 << 25 // longer texts and lists than fit into it are nonsense

export function wordsAt(read, address, count) {
  const bytes = read(address, WORD * count)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: count }, (_, n) => view.getUint32(n * WORD, true))
}

export function textAt(read, address) {
  let text = ''
  for (let byte; (byte = read(address + text.length, 1)[0]);) text += String.fromCharCode(byte)
  return text
}

/** Words by their names, as a list of names in memory tells them. */
function named(names, values) {
  return Object.fromEntries(names.map((name, n) => [name, values[n]]))
}

/** 'a+b-c' as a function of the values of a, b and c. */
function sum(formula) {
  const terms = [...formula.matchAll(/([+-]?)(\w+)/g)].map(([, sign, name]) => [sign === '-' ? -1 : 1, name])
  return (values) => terms.reduce((total, [sign, name]) => total + sign * values[name], 0) >>> 0
}

/** All that the description says, with its texts read and its formulas made. `place` is the address of its symbol. */
export function readDescription(read, place) {
  if (textAt(read, place) !== MAGIC) throw new Error('the kernel does not describe its memory')
  const first = place + MAGIC.length + 1
  const names = textAt(read, wordsAt(read, first, 1)[0])
    .split(' ')
    .filter(Boolean)
  const known = named(names, wordsAt(read, first, names.length))
  const formulas = textAt(read, known.tag_words).split(' ')
  return {
    ...known,
    place: Object.fromEntries(names.map((name, n) => [name, first + n * WORD])),
    tag: formulas.map((text) => ({ text, names: text.match(/\w+/g), value: sum(text) })),
    eventFields: textAt(read, known.event_fields).split(' ').filter(Boolean),
    eventKinds: textAt(read, known.event_kinds).split(' '),
    functions: readFunctions(read, known),
  }
}

/** One word of the description as it is now; state, command, event_count and status change. */
export function now(read, known, name) {
  return wordsAt(read, known.place[name], 1)[0]
}

export const STATE = { BOOTING: 0, WAITING: 1, RUNNING: 2, STOPPED: 3 }

/** One event, by its number. */
export function readEvent(read, known, number) {
  const at = known.events + (number % known.event_room) * known.event_bytes
  const event = named(known.eventFields, wordsAt(read, at, known.eventFields.length))
  const name = known.eventKinds[event.kind]
  return name === 'irq' ? { ...event, name, ...interruptOf(read, known, event) } : { ...event, name }
}

/** Who came in between, what it interrupted, who served it, and how often, one right behind the other. */
function interruptOf(read, known, { address, align, owner, size }) {
  const source = textAt(read, wordsAt(read, known.sources + align * WORD, 1)[0])
  return { source, place: placeOf(known, address), handler: functionFrom(known, owner)?.name, times: size }
}

/** The number N of #N by payload, of all blocks below the free pointer. */
export function readNumbers(read, known, freePointer) {
  const count = Math.min(wordsAt(read, known.number_count, 1)[0], MEMORY)
  const values = wordsAt(read, known.numbers, 2 * count)
  const numbers = new Map()
  for (let n = 0; n < values.length; n += 2) if (values[n] < freePointer) numbers.set(values[n], values[n + 1])
  return numbers
}

/** The packed table of kernel/base/symbols.h: where each function begins, and its name. */
function readFunctions(read, known) {
  const pair = (code) => [...read(known.symbol_pairs + 2 * (code - 128), 2)]
  const unpack = (code) => (code < 128 ? String.fromCharCode(code) : pair(code).map(unpack).join(''))
  const functions = []
  let at = known.symbols
  const byte = () => read(at++, 1)[0]
  const number = (shift = 0) => {
    const part = byte()
    return ((part & 127) << shift) + (part & 128 ? number(shift + 7) : 0)
  }
  let start = wordsAt(read, known.symbols_start, 1)[0]
  for (let length; (length = number()) !== 0; start += length) {
    let name = ''
    for (let code; (code = byte()) !== 0;) name += unpack(code)
    functions.push({ start, end: start + length, name })
  }
  return functions
}

export function hex(value) {
  return `0x${(value >>> 0).toString(16).padStart(8, '0')}`
}

/** The function that an instruction lies in. */
function functionFrom(known, address) {
  return known.functions.find((one) => one.start <= address && address < one.end)
}

/** The function that a return address lies in: the call stands in front of it. */
export function functionOf(known, address) {
  return functionFrom(known, address - 1)
}

function within(found, address) {
  return found && `${found.name}+0x${(address - found.start).toString(16)}`
}

/** As the kernel prints an owner. */
export function functionAt(known, address) {
  return within(functionOf(known, address), address) ?? hex(address)
}

/** As it prints where an interrupt came in; nothing where that is no code of the kernel's. */
function placeOf(known, address) {
  return within(functionFrom(known, address), address)
}
