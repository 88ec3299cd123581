// SPDX-License-Identifier: MIT
//
// The compiler, the linker and the checks of the page, without a page:  node run.mjs WHAT < QUESTION   reads what is asked as
// JSON, and prints what it saw as one line of JSON.

import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runCheck } from '../../web/learn/check.mjs'
import { compile } from '../../web/learn/compile.mjs'
import { Compiler } from '../../web/learn/compiler.mjs'
import { helpFor, readPatterns } from '../../web/learn/help.mjs'
import { link } from '../../web/learn/link.mjs'
import { startWorker } from '../../web/learn/node.mjs'
import { symbolsOf } from '../../web/lab/elf.mjs'
import { CODE, V86, boot } from '../../web/lab/node.mjs'
import { Session, transcript } from '../../web/lab/session.mjs'
import { random } from '../v86/chance.mjs'

const file = (name) => fileURLToPath(new URL(`../../${name}`, import.meta.url))
const bytes = (name) => new Uint8Array(fs.readFileSync(file(name)))
const text = (name) => fs.readFileSync(file(name), 'utf8')

const HEADER = { 'my_heap.h': text('exercises/my_heap.h') }
const MODULE = new WebAssembly.Module(bytes('build/tcc/tcc.wasm'))
const kernel = () => bytes('build/hole/minios.elf')

const compiled = (source) => compile(MODULE, { ...HEADER, 'my_heap.c': source }, 'my_heap.c')

/** What stands in the way of each source: messages of the compiler and the linker, and the help that belongs to them. */
function sources(list) {
  const elf = kernel()
  const patterns = readPatterns(text('exercises/words/compiler.patterns.txt'))
  return list.map((source) => {
    const { object, messages, stopped } = compiled(source)
    const told = object ? (link(elf, object).errors ?? []) : messages
    return { told, stopped, help: told.length > 0 ? helpFor(patterns, told.map((one) => one.text)) : null }
  })
}

/** Each source in a Worker, and after each a right one. */
async function contained({ list, right, milliseconds }) {
  const compiler = new Compiler(startWorker, MODULE, HEADER)
  const seen = []
  for (const source of list) {
    compiler.milliseconds = milliseconds
    const { stopped, messages } = await compiler.compile(source)
    compiler.milliseconds = 600_000
    const after = await compiler.compile(right)
    seen.push({ stopped, messages, after: after.object !== null, memory: process.memoryUsage().rss })
  }
  compiler.end()
  return seen
}

/** Which bytes of the image differ from the kernel's and lie neither in the hole nor in the words that lead into it. */
function changedOutside(elf, image, object) {
  const at = new Map(symbolsOf(elf).map((symbol) => [symbol.name, symbol]))
  const free = [...at.values()].filter(({ name }) => name.startsWith('hole_of_') || name === 'hole_symbols')
  const ranges = [[at.get('hole_code').value, at.get('hole_data_end').value], ...free.map((one) => [one.value, one.value + (one.size || 4)])]
  const view = new DataView(elf.buffer, elf.byteOffset)
  const segments = Array.from({ length: view.getUint16(44, true) }, (_, n) => view.getUint32(28, true) + n * view.getUint16(42, true))
  const address = (offset) => {
    for (const one of segments) {
      const [begin, loaded, , size] = [1, 2, 3, 4].map((n) => view.getUint32(one + 4 * n, true))
      if (begin <= offset && offset < begin + size) return offset - begin + loaded
    }
    return -1
  }
  const outside = []
  for (let n = 0; n < elf.length; n++)
    if (elf[n] !== image[n] && !ranges.some(([begin, end]) => begin <= address(n) && address(n) < end)) outside.push(n)
  return outside
}

const DAMAGE = [
  (object, r) => (object[r(object.length)] = r(256)),
  (object, r) => (object[r(52)] ^= 1 << r(8)), // the header
  (object, r) => new DataView(object.buffer).setUint32(4 * r(object.length >> 2), [0, 0xffffffff, 0x7fffffff, object.length, r(70000)][r(5)], true),
  (object, r) => object.fill(r(256), r(object.length), r(object.length)),
]

/** Objects with some damage: what came of them. */
function fuzz({ source, seed, count }) {
  const elf = kernel()
  const right = compiled(source).object
  const r = random(seed)
  const seen = { linked: 0, kinds: {}, thrown: [], outside: [] }
  for (let n = 0; n < count; n++) {
    let object = right.slice()
    for (let times = 1 + r(4); times > 0; times--) DAMAGE[r(DAMAGE.length)](object, r)
    if (r(8) === 0) object = object.slice(0, r(object.length))
    try {
      const { image, errors } = link(elf, object)
      if (image) {
        seen.linked++
        if (image.length !== elf.length || (n % 20 === 0 && changedOutside(elf, image).length)) seen.outside.push(n)
      }
      for (const { kind } of errors ?? []) seen.kinds[kind] = (seen.kinds[kind] ?? 0) + 1
    } catch (error) {
      seen.thrown.push(`${n}: ${error.stack}`)
    }
  }
  return seen
}

/** Of a source: its object, what the link changed outside of the hole, and the place of each address of its code. */
function places({ source, object: path }) {
  const elf = kernel()
  const { object } = compiled(source)
  fs.writeFileSync(path, object)
  const { image, places: found, halves } = link(elf, object)
  const begin = symbolsOf(elf).find((symbol) => symbol.name === 'hole_code').value
  const at = Array.from({ length: halves.code }, (_, n) => found.at(begin + n))
  return { outside: changedOutside(elf, image), at: at.map((one) => one && [one.function, one.file, one.line]), beyond: found.at(begin - 1) }
}

/** How many looks at a loop were not at the learner's code. */
function strangeLooks(lines, found) {
  return lines.filter((line) => line.startsWith('loop ') && !found.at(Number(line.split(' ')[1]))).length
}

/** Each run of checks to its end: the lines, and the place of each address that they tell. */
async function checks(list) {
  const elf = kernel()
  const seen = []
  for (const { source, ...asked } of list) {
    const { image, places: found } = link(elf, compiled(source).object)
    const { error, ...told } = await runCheck({ V86, code: CODE, image, ...asked })
    const placed = told.lines.map((line) => /^(?:pc|frame|caller|loop) (0x[0-9a-f]+)/.exec(line)?.[1]).filter(Boolean)
    const places = [...new Set(placed)].map((address) => found.at(Number(address))).filter(Boolean)
    seen.push({ ...told, error: error && String(error), places: places.map((one) => [one.function, one.line]), strange: strangeLooks(told.lines, found) })
  }
  return seen
}

/** What else a run can come to: a machine that only rests, a page that ends it, an emulator that is not there. */
async function otherEnds(source) {
  const { image } = link(kernel(), compiled(source).object)
  const run = async (asked) => (({ verdict, lines, error }) => ({ verdict, lines, error: error && String(error) }))(await runCheck({ V86, code: CODE, image, level: 11, ...asked }))
  const over = new AbortController()
  const parts = []
  const onProgress = (part) => {
    parts.push(part)
    if (part > 0.1) over.abort()
  }
  const nothing = class { constructor() { throw new Error('no emulator') } }
  return {
    noSuchCheck: await run({ level: 99 }),
    stopped: await run({ signal: over.signal, onProgress }),
    already: await run({ signal: over.signal }),
    nothing: await run({ V86: nothing }),
    parts,
  }
}

/** The prompt, on the heap of the source: what commands say. */
async function prompt({ source, commands }) {
  const { image } = link(kernel(), compiled(source).object)
  const one = new Session({ image, start: (tell) => boot(image, 'on_fault=report', tell) })
  await one.boot()
  for (const command of commands) await one.run([command])
  await one.end()
  return transcript(one.text)
}

const WHAT = { otherEnds, prompt, sources, contained, fuzz, places, checks, headers: (source) => compiled(source).messages }
const seen = await WHAT[process.argv[2]](JSON.parse(fs.readFileSync(0, 'utf8')))
fs.writeSync(1, `\n${JSON.stringify(seen)}\n`)
process.exit(0)
