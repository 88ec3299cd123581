// SPDX-License-Identifier: MIT
//
// The kernel in v86, without a page:  node machine.mjs IMAGE WHAT [SEED | CHAPTER [NAME...]]   prints what it saw as one line of JSON.

import fs from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { boot, imageAt } from '../../web/lab/node.mjs'
import { addressOf } from '../../web/lab/elf.mjs'
import { hex } from '../../web/lab/description.mjs'
import { eventAt, heapAt } from '../../web/lab/recorded.mjs'
import { recordOf, tellingSteps, written } from '../../web/lab/recorder.mjs'
import { Session, transcript } from '../../web/lab/session.mjs'
import { OPERATIONS, blocksIn, random } from './chance.mjs'

const [path, what, ...more] = process.argv.slice(2)
const image = imageAt(path)
const quiet = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

async function session(options = 'on_fault=report') {
  const begun = performance.now()
  const one = new Session({ image, start: (tell) => boot(image, options, tell) })
  await one.boot()
  return Object.assign(one, { took: performance.now() - begun })
}

const COMMANDS = [
  ...OPERATIONS,
  (r) => `alloc ${r(3)}`,
  () => 'free last',
  (r) => `alloc ${r(40)}; alloc ${r(40)}; free`,
  () => 'alloc 9M',
  (r) => `alloc 5 ${3 + 2 * r(9)}`,
  () => 'bug overflow',
  () => '',
]

/** What a person sees of a heap: a row a block as `blocks` prints it, and all else that is decoded. */
function picture(view) {
  const rows = view.heap.blocks.map((b) =>
    [b.number ? `#${b.number}` : '-', hex(b.payload), b.size, b.gap, b.slack, b.ownerName].join(' '),
  )
  return {
    rows,
    words: view.heap.words,
    figures: view.heap.figures,
    damage: view.heap.damage,
    disagreements: view.disagreements,
  }
}

function figuresIn(text) {
  const part = text.slice(text.lastIndexOf('minios> stats'))
  return Object.fromEntries([...part.matchAll(/^(\w+) +(\d+) /gm)].map((row) => [row[1], Number(row[2])]))
}

/** Sequences of commands; after each the picture and what the kernel prints, and at the end every step once more. */
async function sequences(seed) {
  const one = await session()
  const r = random(seed)
  const seen = { compared: 0, different: [], steps: 0, again: [] }
  const recorded = new Map()
  for (let n = 0; n < 50; n++) {
    for (let length = 1 + r(8); length > 0; length--) {
      await one.run([COMMANDS[r(COMMANDS.length)](r)])
      recorded.set(one.history.place() - 1, JSON.stringify(picture(one.view())))
    }
    await one.run(['stats', 'blocks all'])
    const shown = picture(one.view())
    const told = { rows: blocksIn(transcript(one.text)), figures: figuresIn(transcript(one.text)) }
    const same =
      JSON.stringify([shown.rows, shown.figures]) === JSON.stringify([told.rows, { ...shown.figures, ...told.figures }])
    if (!same || shown.disagreements.length || shown.damage.length) seen.different.push({ shown, told })
    seen.compared++
    if (r(4) === 0) await one.run(['free all'])
  }
  const order = [...recorded.keys()].sort(() => r(3) - 1)
  for (const step of order) if (JSON.stringify(picture(one.view(step))) !== recorded.get(step)) seen.again.push(step)
  seen.steps = order.length
  await one.end()
  return seen
}

/** Each bug by its name: what the step of the mistake shows, the faults, and whether the heap is as it was. */
async function bugs() {
  const one = await session()
  await one.run(['alloc 100', 'alloc 7 64', 'bug'])
  const names = [...transcript(one.text).matchAll(/^ {2}([a-z-]+) .* (?:[EI]\d\d|-)$/gm)].map((row) => row[1])
  const seen = {}
  for (const name of names) {
    const before = JSON.stringify(picture(one.view()))
    const first = one.history.steps.length
    await one.run([`bug ${name}`])
    const steps = one.history.steps
      .map((step, n) => ({ ...step, n }))
      .slice(first)
      .filter((step) => !step.unnoticed)
    const mistake = steps.find((step) => step.event.name === 'mistake')
    seen[name] = {
      faults: steps.filter((step) => step.event.name === 'fault').map((step) => step.event.fault),
      changed: mistake.changes.reduce(
        (sum, change) => sum + change.after.filter((byte, i) => byte !== change.before[i]).length,
        0,
      ),
      damage: one.view(mistake.n).heap.damage.map((one) => [one.piece, one.length]),
      restored: JSON.stringify(picture(one.view())) === before,
    }
  }
  await one.end()
  return seen
}

/** One byte after the other around a block is changed: does the picture show it, and what says the kernel? */
async function damage() {
  const one = await session()
  await one.run(['alloc 40', 'alloc 13 64', 'alloc 5']) // the second has a gap in front of it
  const block = one.view().heap.blocks[1]
  const seen = []
  for (let address = block.payload - 16; address < block.boundary; address++) {
    const byte = one.read(address, 1)[0]
    one.poke(address, [byte ^ 0x11])
    await one.run(['check'])
    const view = one.view()
    const shown = view.heap.damage.some((run) => run.address <= address && address < run.address + run.length)
    seen.push({
      at: address - block.payload,
      size: block.size,
      tag: block.tag - block.payload,
      shown,
      any: view.heap.damage.length > 0 || view.disagreements.length > 0,
      blocks: view.heap.blocks.length,
      kernel: /\n(E0\d) /.exec(transcript(one.text).split('minios> check').at(-1))?.[1] ?? '',
    })
    one.poke(address, [byte])
  }
  await one.end()
  return seen
}

/** A write runs past the end of each block in turn, up to the next: all that can be told is where the block begins. */
async function overwritten() {
  const one = await session()
  await one.run(['alloc 40', 'alloc 13 64', 'alloc 5'])
  const before = one.view().heap.blocks
  const seen = []
  for (const block of before) {
    const from = block.payload + block.size
    const bytes = one.read(from, block.boundary - from).slice()
    one.poke(from, Array(bytes.length).fill(0x41))
    const { heap, disagreements } = one.view()
    seen.push({
      same: heap.blocks.every(({ payload, gap, number }, n) => {
        const was = before[n]
        return payload === was.payload && gap === was.gap && number === was.number
      }),
      complete: heap.complete,
      damage: heap.damage.map((run) => [run.piece, run.address - block.tag, run.length]),
      disagreements,
    })
    one.poke(from, [...bytes])
  }
  await one.end()
  return seen
}

/** Back to each line in turn: the same text and the same picture as when it was typed first. */
async function back() {
  const one = await session()
  const lines = Array.from({ length: 40 }, (_, n) =>
    ['alloc 10', 'alloc 20 64', 'fill last x', 'mark', 'free', 'release'][n % 6].replace('last', `#${n}`),
  )
  const then = [{ text: one.text, picture: JSON.stringify(picture(one.view())) }]
  for (const line of lines) {
    await one.run([line])
    then.push({ text: one.text, picture: JSON.stringify(picture(one.view())), steps: one.history.steps.length })
    if (then.length % 13 === 0) await quiet(450)
  }
  const states = one.states.length
  const wrong = []
  for (let n = 1; n < one.history.steps.length; n++) {
    const count = then.findIndex((moment) => moment.steps > n)
    if (one.linesUpTo(n) !== count) wrong.push({ step: n, count, told: one.linesUpTo(n) })
  }
  for (const count of [39, 30, 27, 14, 13, 3, 0]) {
    const state = await one.backTo(count)
    const same = one.text === then[count].text && JSON.stringify(picture(one.view())) === then[count].picture
    if (state !== 'waiting' || !same || one.lines.length !== count) wrong.push({ count, state, text: one.text })
  }
  await one.end()
  return { states, wrong }
}

/** The ends that a machine can have. */
async function ends() {
  const one = await session()
  const seen = {}
  for (const line of ['halt', 'panic null', 'reboot', 'panic stack']) {
    seen[line] = [await one.run([line]), one.now('status')]
    await one.again()
  }
  await one.end()
  const loud = await session('')
  seen['free 5'] = [await loud.run(['alloc 9', 'free 5']), loud.now('status')]
  await loud.end()
  return seen
}

/** Lines as they were typed, whatever was done to edit them. */
async function typed() {
  const one = await session()
  for (const keys of [
    'alloc 1000\x7f\x7f\r',
    'llo 5\x01a\x1b[C\x1b[C\x1b[Cc\r',
    'nothing\x15al\t 7; free\r',
    '\x1b[A\r',
    'no\x03',
    '\r',
    'stats now\r',
    '  map  \r',
  ]) {
    one.type(keys)
    await quiet(120)
  }
  await one.end()
  return one.lines.map((line) => [line.text, line.command])
}

async function boots() {
  const one = await session()
  const { took, text } = one
  const symbol = addressOf(image, 'kernel_heap') === one.known.heap
  const missing = addressOf(image, 'no_such_symbol') === undefined
  await quiet(500)
  const [cpu, begun] = [process.cpuUsage(), performance.now()]
  await quiet(2000)
  const used = process.cpuUsage(cpu)
  await one.end()
  return {
    took,
    text: transcript(text),
    symbol,
    missing,
    idle: (used.user + used.system) / 1000 / (performance.now() - begun),
  }
}

/** The sessions of a chapter that the page offers to run: what the book shows and what comes out here. */
async function book(chapter, ...only) {
  const seen = []
  for (const [, name, info, shown] of fs.readFileSync(chapter, 'utf8').matchAll(/^```console (\S+)(.*)\n([^]*?)^```/gm)) {
    const lines = [...shown.matchAll(/^minios> (.*\S)\s*$/gm)].map((line) => line[1])
    if (/^(wrong|shell):/.test(name) || /machine=host|\bsanitize\b|script=/.test(info) || lines.length === 0) continue
    if (only.length > 0 && !only.includes(name)) continue
    const one = await session(`on_fault=report ${/options="([^"]*)"/.exec(info)?.[1] ?? ''}`)
    await one.run(lines)
    const from = (text) => text.slice(text.indexOf('minios> ')).replace(/[ \t]+$/gm, '').replace(/minios>\s*$|^The machine may be switched off now\.\s*$/m, '').trimEnd() // said where no device ends the machine
    seen.push({ name, clock: /\bclock\b/.test(info), shown: from(shown), here: from(transcript(one.text)) })
    await one.end()
  }
  return seen
}

/** Sessions of the book: is what a recording gives back, at every step, what the lab sees in memory? */
async function recordings(path) {
  const seen = []
  for (const { options, lines } of JSON.parse(fs.readFileSync(path, 'utf8'))) {
    const one = await session(`on_fault=report ${options}`.trim())
    await one.run(lines)
    const record = JSON.parse(written(recordOf(one, lines)))
    const steps = tellingSteps(one.history)
    const same = record.steps.map((_, n) => {
      const { heap, step } = one.view(steps[n])
      const told = eventAt(record, n)
      return isDeepStrictEqual(visible(numbered(heapAt(record, n))), visible(heap)) && (told.unnoticed || told.event.name === step.event.name)
    })
    seen.push({ lines, same, last: blocksIn(transcript(one.text)), shown: picture({ heap: numbered(heapAt(record, record.steps.length - 1)) }).rows })
    await one.end()
  }
  return seen
}

/** The letters that a recording gives to blocks without a number are its own. */
function numbered(heap) {
  return { ...heap, blocks: heap.blocks.map((one) => ({ ...one, number: Number(one.number) || 0 })) }
}

/** What a heap's picture draws. */
function visible({ words, blocks, complete, lost, figures, floor }) {
  const drawn = ({ number, begin, payload, size, gap, slack, tag, boundary, ownerName, damage }) => [
    [number, begin, payload, size, gap, slack, tag, boundary, ownerName],
    damage,
  ]
  return { words, blocks: blocks.map(drawn), complete, lost, figures, floor }
}

const WHAT = { book, boots, sequences, bugs, damage, overwritten, back, ends, typed, recordings }
console.log(`\n${JSON.stringify(await WHAT[what](...more))}`)
process.exit(0)
