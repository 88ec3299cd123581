// SPDX-License-Identifier: MIT
//
// The learner's object file is laid into the hole of the kernel: half of it code, which nobody may write, half data. The
// kernel's own my_init() and the others jump to where the words hole_of_... then lead.

import { sectionsOf, symbolsOf, viewOf } from '../lab/elf.mjs'
import { Places, rowsOf } from './places.mjs'

const [WITH_ADDENDS, ZEROS, WITHOUT_ADDENDS] = [4, 8, 9] // types of sections
const [WRITABLE, IN_MEMORY] = [1, 2] // flags of sections
const [NOWHERE, ABSOLUTE] = [0, 0xfff1] // in the place of a section's number
const LOCAL = 0 // the binding of a symbol
const [FUNCTION, SECTION, FILE] = [2, 3, 4] // kinds of symbols
const LARGEST_ALIGN = 4096
const RELOCATION_BYTES = 8
const HOLE_OF = 'hole_of_'
const [NAME_AT, NAME_BYTES] = [4, 28] // in an entry of hole_symbols

/** What the learner's object may call without having it: kprintf, and what compilers call on their own. */
const LENT = /^(kprintf|mem(cmp|cpy|move|set)|__u?(div|mod)di3|__(ashl|ashr|lshr)di3|__fix(uns)?[dsx]fdi|__floatundi[dsx]f)$/

/** What is put into the place, by the type of a relocation. */
const RELOCATIONS = {
  1: (target) => target, // R_386_32
  2: (target, place) => target - place, // R_386_PC32
  4: (target, place) => target - place, // R_386_PLT32
}

/** One or more reasons why it cannot be linked. */
class Refused extends Error {
  constructor(errors) {
    super(errors[0].text)
    this.errors = errors
  }
}

const MESSAGES = {
  undefined: (name) => `undefined reference to ${name}()`,
  missing: (name) => `undefined reference to ${name}()`,
  twice: (name) => `multiple definition of ${name}()`,
  size: (name, needed, room) => `too much ${name}: ${needed}, and there is room for ${room}`,
  object: (name) => `the object file is damaged: ${name}`,
}

function refusal(kind, name, ...more) {
  return { kind, name, text: MESSAGES[kind](name, ...more) }
}

function refuse(...words) {
  throw new Refused([refusal(...words)])
}

/** { image, places }, or { errors } with all names that are missing or there twice. */
export function link(elf, object) {
  const kernel = kernelOf(elf)
  try {
    return linked(kernel, object)
  } catch (error) {
    if (error instanceof Refused) return { errors: error.errors }
    if (error instanceof RangeError) return { errors: [refusal('object', error.message)] }
    throw error
  }
}

// ---- The kernel ----

function kernelOf(elf) {
  const symbols = new Map()
  for (const symbol of symbolsOf(elf)) if (symbol.binding !== LOCAL && symbol.section !== NOWHERE) symbols.set(symbol.name, symbol)
  const address = (name) => symbols.get(name).value
  const half = (name) => ({ name, begin: address(`hole_${name}`), end: address(`hole_${name}_end`) })
  const wanted = [...symbols.keys()].filter((name) => name.startsWith(HOLE_OF)).map((name) => name.slice(HOLE_OF.length))
  return { elf, symbols, address, code: half('code'), data: half('data'), wanted }
}

/** Where in the file the byte lies that is loaded to an address. */
function offsetOf(elf, address) {
  const view = viewOf(elf)
  const [first, bytes, count] = [view.getUint32(28, true), view.getUint16(42, true), view.getUint16(44, true)]
  for (let n = 0; n < count; n++) {
    const word = (at) => view.getUint32(first + n * bytes + 4 * at, true)
    if (word(2) <= address && address < word(2) + word(4)) return address - word(2) + word(1)
  }
  throw new Error(`the kernel's file holds nothing for 0x${address.toString(16)}`)
}

// ---- The object ----

function linked(kernel, object) {
  if (viewOf(object).getUint32(0) !== 0x7f454c46) refuse('object', 'no ELF file')
  const sections = sectionsOf(object)
  const symbols = symbolsOf(object, sections)
  const halves = placed(kernel, sections)
  compareNames(kernel, symbols)
  for (const symbol of symbols) symbol.address = addressIn(kernel, sections, symbol)
  const contents = relocated(object, sections, symbols)
  const functions = functionsOf(kernel, symbols)
  const image = patched(kernel, { sections, contents, functions, symbols })
  return { image, halves, places: new Places(functions, linesIn(sections, contents)) }
}

function alignedUp(address, align) {
  const step = align || 1
  if (step > LARGEST_ALIGN || (step & (step - 1)) !== 0) refuse('object', `alignment ${align}`)
  return Math.ceil(address / step) * step
}

/** Gives each section that is loaded its address. How much of both halves is taken. */
function placed(kernel, sections) {
  const next = { code: kernel.code.begin, data: kernel.data.begin }
  for (const section of sections.filter(({ flags }) => flags & IN_MEMORY)) {
    const half = section.flags & WRITABLE ? 'data' : 'code'
    section.address = alignedUp(next[half], section.align)
    next[half] = section.address + section.size
  }
  for (const half of [kernel.code, kernel.data])
    if (next[half.name] > half.end) refuse('size', half.name, next[half.name] - half.begin, half.end - half.begin)
  return { code: next.code - kernel.code.begin, data: next.data - kernel.data.begin }
}

/** What a section holds in memory or, unloaded, in the file: a copy. */
function contentOf(object, section) {
  if (section.type === ZEROS) return section.flags & IN_MEMORY ? new Uint8Array(section.size) : new Uint8Array()
  if (section.offset + section.size > object.length) refuse('object', 'a section behind its end')
  return object.slice(section.offset, section.offset + section.size)
}

// ---- Names ----

const isName = (symbol) => symbol.binding !== LOCAL && symbol.kind !== SECTION && symbol.kind !== FILE && symbol.name !== ''

function compareNames(kernel, symbols) {
  const names = symbols.filter(isName)
  const own = new Set(names.filter((symbol) => symbol.section !== NOWHERE).map((symbol) => symbol.name))
  const used = names.filter((symbol) => symbol.section === NOWHERE).map((symbol) => symbol.name)
  const lent = (name) => LENT.test(name) && kernel.symbols.has(name)
  const lacking = kernel.wanted.filter((name) => !own.has(name))
  const errors = [
    ...used.filter((name) => !lent(name) && !lacking.includes(name)).map((name) => refusal('undefined', name)),
    ...lacking.map((name) => refusal('missing', name)),
    ...[...own].filter((name) => kernel.symbols.has(name) && !kernel.wanted.includes(name)).map((name) => refusal('twice', name)),
  ]
  if (errors.length > 0) throw new Refused(errors)
}

function addressIn(kernel, sections, symbol) {
  if (symbol.section === ABSOLUTE) return symbol.value
  if (symbol.section === NOWHERE) return symbol.name === '' ? 0 : kernel.symbols.get(symbol.name)?.value
  const section = sections[symbol.section]
  return section?.address === undefined ? undefined : (section.address + symbol.value) >>> 0
}

// ---- Addresses put in ----

/** The bytes of each section, by its number. */
function relocated(object, sections, symbols) {
  const contents = sections.map((section) => contentOf(object, section))
  for (const [number, table] of sections.entries()) {
    if (table.type === WITH_ADDENDS) refuse('object', 'relocations with addends')
    if (table.type === WITHOUT_ADDENDS) relocate(contents[number], contents[table.info], sections[table.info], symbols)
  }
  return contents
}

function relocate(table, content, section, symbols) {
  if (!content) refuse('object', 'relocations of nothing')
  const [entries, view] = [viewOf(table), viewOf(content)]
  for (let at = 0; at < table.length; at += RELOCATION_BYTES) {
    const [offset, info] = [entries.getUint32(at, true), entries.getUint32(at + 4, true)]
    const target = symbols[info >>> 8]?.address
    const change = RELOCATIONS[info & 255]
    if (!change || target === undefined) refuse('object', `relocation of type ${info & 255}`)
    view.setUint32(offset, view.getUint32(offset, true) + change(target, (section.address ?? 0) + offset), true)
  }
}

function linesIn(sections, contents) {
  const number = sections.findIndex((section) => section.name === '.stab')
  if (number < 0) return []
  return rowsOf(contents[number], contents[sections[number].link] ?? new Uint8Array())
}

// ---- The image ----

/** The learner's functions, lowest first. */
function functionsOf(kernel, symbols) {
  const functions = symbols.filter((symbol) => symbol.kind === FUNCTION && symbol.section !== NOWHERE && symbol.address !== undefined)
  return functions
    .map(({ name, address, size }) => ({ name, address, size }))
    .sort((one, other) => one.address - other.address)
}

function patched(kernel, { sections, contents, functions, symbols }) {
  const image = kernel.elf.slice()
  const view = viewOf(image)
  for (const [number, section] of sections.entries())
    if (section.address !== undefined && section.size > 0) image.set(contents[number], offsetOf(image, section.address))
  for (const name of kernel.wanted) {
    const own = symbols.find((symbol) => symbol.name === name && isName(symbol) && symbol.section !== NOWHERE)
    view.setUint32(offsetOf(image, kernel.address(HOLE_OF + name)), own.address, true)
  }
  tellNames(kernel, image, functions)
  return image
}

/** For the kernel's backtraces. An entry without an address ends the list. */
function tellNames(kernel, image, functions) {
  const table = kernel.symbols.get('hole_symbols')
  const most = table.size / (NAME_AT + NAME_BYTES) - 1
  if (functions.length > most) refuse('size', 'functions', functions.length, most)
  functions.forEach(({ name, address }, n) => {
    const at = offsetOf(image, table.value) + n * (NAME_AT + NAME_BYTES)
    viewOf(image).setUint32(at, address, true)
    for (let i = 0; i < NAME_BYTES; i++) image[at + NAME_AT + i] = i < NAME_BYTES - 1 ? name.charCodeAt(i) || 0 : 0
  })
}
