// SPDX-License-Identifier: MIT
//
// Boots the kernel with the learner's heap in it and lets its checks run: gathers their lines, and stops what does not end.
// Instructions are counted, not seconds: a slow machine judges like a quick one.

import { startGuest } from '../lab/guest.mjs'
import { addressOf, symbolsOf } from '../lab/elf.mjs'

/** Instructions for one check; the longest of a right heap takes a tenth of it. */
const BUDGET = 400_000_000
const WITHOUT_A_WORD = 60_000 // milliseconds in which nothing is said and nothing moves

const LOOKS = 100 // as many as the kernel has room for
const LOOK_BYTES = 12
const COUNTER = 2 ** 32 // where the counter of instructions begins anew
const RING = 3
const [ESP, EBP] = [4, 5] // registers
const INTERRUPTED = { eip: 20, esp: 8 } // how far below its end the stack of the kernel holds what was interrupted

/** The processor, as far as it has to be known and moved. */
class Processor {
  constructor(guest, image) {
    this.cpu = guest.emulator.v86.cpu
    this.memory = guest
    const stack = symbolsOf(image).find((symbol) => symbol.name === 'fault_stack')
    this.interruptedAt = stack ? stack.value + stack.size : 0
  }

  word(address) {
    const bytes = this.memory.read(address, 4)
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true)
  }

  counter() {
    return this.cpu.instruction_counter[0] >>> 0
  }

  /** Where the checks or the learner's code stand, should an interrupt of the timer have come in between too. */
  place() {
    const { cpu } = this
    const frame = cpu.reg32[EBP] >>> 0
    if (cpu.cpl[0] === RING) return [cpu.instruction_pointer[0] >>> 0, cpu.reg32[ESP] >>> 0, frame]
    return [this.word(this.interruptedAt - INTERRUPTED.eip), this.word(this.interruptedAt - INTERRUPTED.esp), frame]
  }

  goTo(address, stack) {
    this.cpu.reg32[ESP] = stack
    this.cpu.instruction_pointer[0] = address
  }

  write(address, words) {
    this.memory.write(address, new Uint8Array(Uint32Array.from(words).buffer))
  }
}

/** What one run says and how it ends. */
class Run {
  constructor({ image, budget = BUDGET, onLine = () => {} }) {
    Object.assign(this, { image, budget, onLine, lines: [], begun: '', looks: [], used: 0, most: 0, instructions: 0 })
    this.over = new Promise((resolve) => (this.tell = resolve))
  }

  end(verdict) {
    this.ended = true
    this.tell(verdict)
  }

  hear(byte) {
    if (byte !== 10) {
      if (byte !== 13) this.begun += String.fromCharCode(byte)
      return
    }
    const line = this.begun
    this.begun = ''
    this.read(line)
  }

  read(line) {
    this.moved = performance.now()
    if (this.ended) return
    if (line === 'end') return this.end(this.verdict())
    if (this.lines.length === 0 && !line.startsWith('step ')) return
    if (line.startsWith('check ')) this.used = 0
    this.lines.push(line)
    this.onLine(line)
  }

  verdict() {
    if (this.lines.at(-1) === 'passed') return 'passed'
    return this.looks.length > 0 ? 'loop' : 'failed'
  }

  /** After each turn of the emulator. */
  watch(processor) {
    const now = processor.counter()
    const done = (now - (this.before ?? now) + COUNTER) % COUNTER
    this.before = now
    this.used += done
    this.instructions += done
    this.most = Math.max(this.most, this.used)
    if (done > 0) this.moved = performance.now()
    else if (performance.now() - this.moved > WITHOUT_A_WORD) this.end('broken')
    if (this.used > this.budget) this.look(processor)
  }

  /** Whoever stands still is looked at some more times; then the kernel is told what was seen, and tells it as a report. */
  look(processor) {
    if (this.looks.length === LOOKS) return this.used > 2 * this.budget && this.end('broken')
    this.looks.push(processor.place())
    if (this.looks.length < LOOKS) return undefined
    const address = (name) => addressOf(this.image, name)
    processor.write(address('hole_looks'), this.looks.flat())
    processor.write(address('hole_look_count'), [LOOKS])
    processor.goTo(address('hole_loop_found'), address('hole_stack') + stackBytes(this.image))
    this.used = 0
    return undefined
  }
}

function stackBytes(image) {
  return symbolsOf(image).find((symbol) => symbol.name === 'hole_stack').size
}

function optionsOf({ level, step, columns }) {
  return [`check=${level}${step ? `.${step}` : ''}`, columns && `columns=${columns}`].filter(Boolean).join(' ')
}

/** V86 and code: the emulator, and where its WebAssembly comes from (see guest.mjs). image: the kernel with the heap in it.
 * Gives { lines, verdict: 'passed' | 'failed' | 'loop' | 'broken', instructions, most }, and always does. */
export async function runCheck({ V86, code, image, ...asked }) {
  const run = new Run({ image, ...asked })
  let guest
  try {
    const fail = (error) => run.end('broken', (run.error = error))
    const tell = { byte: (byte) => run.hear(byte), fail, reboot: () => run.end('broken') }
    guest = await startGuest({ V86, code, image, options: optionsOf(asked), tell })
    watchTurns(guest, run)
    guest.run()
    const verdict = await run.over
    return { lines: run.lines, verdict, instructions: run.instructions, most: run.most, error: run.error }
  } finally {
    await guest?.destroy()
  }
}

function watchTurns(guest, run) {
  const { cpu } = guest.emulator.v86
  const processor = new Processor(guest, run.image)
  const turn = cpu.main_loop
  run.moved = performance.now()
  cpu.main_loop = () => {
    const pause = turn()
    run.watch(processor)
    return pause
  }
}
