// SPDX-License-Identifier: MIT
//
// Boots the kernel with the learner's heap in it and lets its checks run: gathers their lines, and stops what does not end.
// Instructions are counted, not seconds: a slow machine judges like a quick one.

import { startGuest } from '../lab/guest.mjs'
import { symbolsOf } from '../lab/elf.mjs'

/** Instructions for one check, by its name. A right heap takes less than a tenth, at random a fifth. */
const BUDGETS = { random: 2_000_000_000, other: 200_000_000 }
/** How many a right heap takes for all checks of a level. */
const USUAL = { 11: 320_000_000, other: 2_500_000 }

const LOOKS = 100 // as many as the kernel has room for
const COUNTER = 2 ** 32 // where the counter of instructions begins anew
const RING = 3
const [ESP, EBP] = [4, 5] // registers
const INTERRUPTED = { pc: 20, stack: 8 } // below the end of the kernel's stack

/** The processor, as far as it has to be known and moved. at(name) is the address of one of the kernel's symbols. */
class Processor {
  constructor(guest, at) {
    Object.assign(this, { cpu: guest.emulator.v86.cpu, guest, at })
  }

  word(address) {
    const bytes = this.guest.read(address, 4)
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true)
  }

  counter() {
    return this.cpu.instruction_counter[0] >>> 0
  }

  /** Where the checks or the learner's code stand: pc, stack, frame. The kernel, which the timer's interrupt leads into, has
   * at the end of its stack what was interrupted. */
  place() {
    const { cpu } = this
    const frame = cpu.reg32[EBP] >>> 0
    if (cpu.cpl[0] === RING) return [cpu.instruction_pointer[0] >>> 0, cpu.reg32[ESP] >>> 0, frame]
    const end = this.at('hole_kernel_stack_end')
    return [this.word(end - INTERRUPTED.pc), this.word(end - INTERRUPTED.stack), frame]
  }

  /** Checks never rest: then this is the prompt, or the end. */
  rests() {
    return this.cpu.in_hlt[0] !== 0
  }

  goTo(address, stack) {
    const { cpu } = this
    cpu.instruction_pointer[0] = cpu.previous_ip[0] = address
    cpu.reg32[ESP] = stack
    cpu.in_hlt[0] = 0
  }

  write(address, words) {
    this.guest.write(address, new Uint8Array(Uint32Array.from(words).buffer))
  }
}

/** What one run says and how it ends. */
class Run {
  constructor({ level, budgets = BUDGETS, onLine = () => {}, onProgress = () => {} }) {
    this.usual = USUAL[level] ?? USUAL.other
    Object.assign(this, { budgets, budget: budgets.other, onLine, onProgress, lines: [], begun: '', looks: [], used: 0, most: 0, instructions: 0 })
    this.over = new Promise((resolve) => (this.tell = resolve))
  }

  /** The first end counts. */
  end(verdict) {
    this.verdict ??= verdict
    this.tell()
  }

  fail(error) {
    this.error ??= error
    this.end('broken')
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
    if (this.verdict) return undefined
    if (line === 'end') return this.end(this.judged())
    if (this.lines.length === 0 && !line.startsWith('step ')) return
    if (line.startsWith('check ')) this.begin(line.slice('check '.length))
    this.lines.push(line)
    this.onLine(line)
  }

  begin(check) {
    this.used = 0
    this.budget = this.budgets[check] ?? this.budgets.other
  }

  judged() {
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
    this.onProgress(Math.min(1, this.instructions / this.usual))
    if (processor.rests()) this.end('broken')
    if (this.used > this.budget) this.look(processor)
  }

  /** Whoever stands still is looked at some more times; then the kernel is told what was seen, and tells it as a report. */
  look(processor) {
    if (this.looks.length === LOOKS) return this.used > 2 * this.budget && this.end('broken')
    this.looks.push(processor.place())
    if (this.looks.length < LOOKS) return undefined
    processor.write(processor.at('hole_looks'), this.looks.flat())
    processor.write(processor.at('hole_look_count'), [LOOKS])
    processor.goTo(processor.at('hole_loop_found'), processor.at('hole_stack_end'))
    this.used = 0
    return undefined
  }
}

function optionsOf({ level, step, columns }) {
  return [`check=${level}${step ? `.${step}` : ''}`, columns && `columns=${columns}`].filter(Boolean).join(' ')
}

/** V86 and code: the emulator, and where its WebAssembly comes from (see guest.mjs). image: the kernel with the heap in it.
 * level and step: which checks. onLine hears each line, onProgress how far it is (0 to 1); signal can end it early. Gives
 * { lines, verdict: 'passed' | 'failed' | 'loop' | 'broken' | 'stopped', error }, and always does; and counts of instructions: of
 * all, of the longest check, and of a right heap. */
export async function runCheck({ V86, code, image, signal, ...asked }) {
  const run = new Run(asked)
  signal?.addEventListener('abort', () => run.end('stopped'))
  let guest
  try {
    guest = await startGuest({ V86, code, image, options: optionsOf(asked), tell: heard(run) })
    watchTurns(guest, image, run)
    guest.run()
    if (signal?.aborted) run.end('stopped')
    await run.over
  } catch (error) {
    run.fail(error)
  } finally {
    await guest?.destroy()
  }
  const { lines, verdict, instructions, most, usual, error } = run
  return { lines, verdict, instructions, most, usual, error }
}

/** What the machine tells: its serial line, that the emulator cannot go on, that it restarts. */
function heard(run) {
  return { byte: (byte) => run.hear(byte), fail: (error) => run.fail(error), reboot: () => run.end('broken') }
}

function watchTurns(guest, image, run) {
  const { cpu } = guest.emulator.v86
  const symbols = new Map(symbolsOf(image).map(({ name, value }) => [name, value]))
  const processor = new Processor(guest, (name) => symbols.get(name))
  const turn = cpu.main_loop
  cpu.main_loop = () => {
    const pause = turn()
    run.watch(processor)
    return pause
  }
}
