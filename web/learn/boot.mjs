// SPDX-License-Identifier: MIT
//
// The learner's heap in the kernel: booted, typed at, and what came out held against steps/boots.json. As
// exercises/learn/booting.py does it: @N is the address N bytes above heap_start.

const MOST_SHOWN = 22
export const BUDGET = 200e6 // instructions: some ten times what the longest of them takes
const PATIENCE = 60000 // ms in which nothing is printed
const COUNTER = 2 ** 32 // where the counter of instructions begins anew
const INTERRUPTS = 0x200 // the flag that lets them in
const AT_PROMPT = /(^|\n)minios> $/
export const OPTIONS = 'plain=on on_fault=report' // as in a pipe: nothing waits for a key

// What may stand in a line that has to come out; two blanks stand for any number of them.
const PARTS = {
  '...': '.*', '<number>': '\\d+', '<more than 0>': '[1-9]\\d*', '<address>': '0x[0-9a-f]+',
  '<address ending in 0>': '0x[0-9a-f]*0(?![0-9a-f])', '<address ending in 00>': '0x[0-9a-f]*00(?![0-9a-f])',
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

function patternOf(line) {
  const pieces = line.split(/(\.\.\.|<[^>]*>| {2,})/).filter(Boolean)
  const pattern = pieces.map((piece) => PARTS[piece] ?? (piece.startsWith('  ') ? ' +' : escaped(piece))).join('')
  return line.startsWith('  ') ? `^${pattern}` : pattern
}

export function withAddresses(line, text) {
  const start = /^  heap    0x([0-9a-f]+)/m.exec(text)?.[1]
  const address = (n) => `0x${(Number.parseInt(start, 16) + Number(n)).toString(16).padStart(8, '0')}`
  return line.replace(/@(\d+)/g, (_, n) => (start ? address(n) : '<the first address>'))
}

/** The first line that does not come, in order, and what came instead; nothing when all do. */
export function missingFrom(text, wanted) {
  let at = 0
  for (const line of wanted) {
    const pattern = new RegExp(patternOf(withAddresses(line, text)), 'gm')
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (!found) return { line, instead: nearest(text.slice(text.indexOf('\n', at)), withAddresses(line, text)) }
    at = found.index + 1
  }
  return undefined
}

/** The line that begins as the wanted one does, by as many words as possible. */
function nearest(text, wanted) {
  const words = wanted.split(/\.\.\.|</)[0].split(/\s+/).filter(Boolean)
  for (let count = words.length; count > 0; count--) {
    const begin = words.slice(0, count).map(escaped).join('\\s+')
    const found = new RegExp(`^.*(?<!\\S)${begin}(?!\\S).*$`, 'm').exec(text)
    if (found) return found[0]
  }
  return undefined
}

/** What was typed and came out, without the boot story and the last prompt. */
export function typedIn(text, most = MOST_SHOWN) {
  const from = Math.max(0, text.indexOf('minios> '))
  const lines = text.slice(from).trimEnd().split('\n').filter((line) => !['minios> halt', 'minios> ', 'minios>'].includes(line))
  return lines.length <= most ? lines : [...lines.slice(0, most - 1), `... (${lines.length - most + 1})`]
}

/** The name of what is told where a line of the last step is missing: a bug of the lab, or what comes after them. */
const AFTER_BUGS = { 'bugs run': 'control', 'The heap': 'demo', '20000 steps': 'workload' }
export function nameOf(line) {
  const after = Object.keys(AFTER_BUGS).find((begin) => line.startsWith(begin))
  return after ? AFTER_BUGS[after] : /^([\w-]+) \.\.\. E\d\d$/.exec(line)?.[1]
}

/** One machine at which lines are typed, each when the prompt is there. */
class Typing {
  constructor(lines, budget) {
    Object.assign(this, { left: [...lines], budget, text: '', used: 0, heard: performance.now() })
    this.over = new Promise((resolve) => (this.end = resolve))
  }

  byte(byte) {
    this.heard = performance.now()
    if (byte !== 13) this.text += String.fromCharCode(byte)
    if (byte === 32 && AT_PROMPT.test(this.text.slice(-9))) setTimeout(() => this.type())
  }

  type() {
    if (this.left.length > 0) this.guest.type(`${this.left.shift()}\r`)
    else this.end('ended')
  }

  /** After each turn of the emulator: is it still on the way to the prompt? */
  watch(cpu) {
    const now = cpu.instruction_counter[0] >>> 0
    this.used += (now - (this.before ?? now) + COUNTER) % COUNTER
    this.before = now
    if (cpu.in_hlt[0] && !(cpu.flags[0] & INTERRUPTS)) this.end('stopped')
    else if (this.used > this.budget || performance.now() - this.heard > PATIENCE) this.end('hung')
  }

  async boot(start) {
    const ended = () => this.end('stopped')
    this.guest = await start({ byte: (byte) => this.byte(byte), fail: ended, reboot: ended })
    const { cpu } = this.guest.emulator.v86
    const turn = cpu.main_loop
    cpu.main_loop = () => {
      const pause = turn()
      this.watch(cpu)
      return pause
    }
    this.guest.run()
  }
}

/** A fresh boot; all that was printed, and whether it had to be stopped. start(tell) gives a guest (see ../lab/guest.mjs). */
export async function typeAt({ start, lines, budget = BUDGET }) {
  const typing = new Typing(lines, budget)
  try {
    await typing.boot(start)
    return { hung: (await typing.over) === 'hung', text: typing.text }
  } finally {
    await typing.guest?.destroy()
  }
}
