// SPDX-License-Identifier: MIT
//
// One machine at its prompt: what was typed, what it printed, what happened to its heap, and the way back. It knows no
// page; whoever shows it is told through `tell`: byte, line, moment, state, reset.

import { addressOf } from './elf.mjs'
import { now, readDescription, STATE } from './description.mjs'
import { disagreements, readHeap } from './heap.mjs'
import { History } from './history.mjs'
import { Row } from './row.mjs'

const MOST_STATES = 5 // of the machine are kept; each is some 2 MB
const LINES_APART = 12 // so many lines are rather typed again than kept as a state
const QUIET = 300 // ms at the prompt before a state is taken
const LOOK = 3 // ms
const LONG = 300 // ms without a prompt before it is told that the machine runs; each command would blink
const EYES = { description: (known) => known, heap: readHeap }
const ENDED = ['rebooted', 'failed', 'ended']

export class Session {
  /** start(tell) gives a guest; a test gives one without a page. eyes: how the heap is read, when it is another one. */
  constructor({ image, start, tell = {}, eyes = EYES }) {
    Object.assign(this, { start, tell, eyes })
    this.place = addressOf(image, 'minios_description')
    this.waiters = []
    this.clear()
  }

  clear() {
    this.state = 'starting' // then waiting, running, stopped, rebooted or failed
    this.text = '' // all that came over the serial line
    this.lines = [] // each { text, from: its place in this.text, command: the number of its first command }
    this.states = []
    this.row = new Row()
    this.pending = 0 // lines that were sent and not taken yet
    this.commands = 0
    this.askers = [] // whoever gave a command, each { text, command: the number of its first one }
    this.known = this.history = undefined
  }

  async boot() {
    this.guest = await this.start({
      byte: (byte) => this.byte(byte),
      moment: () => this.moment(),
      reboot: () => this.become('rebooted'),
      fail: () => this.become('failed'),
    })
    this.guest.run()
    return this.prompt()
  }

  async end() {
    clearTimeout(this.looking)
    clearTimeout(this.quiet)
    this.become('ended')
    const { guest } = this
    this.guest = undefined
    await guest?.destroy()
  }

  read = (address, length) => this.guest.read(address, length)

  now(name) {
    return now(this.read, this.known, name)
  }

  // ---- What comes from the machine

  byte(byte) {
    this.takeLine()
    const finished = this.row.byte(byte, this.text.length)
    this.text += String.fromCharCode(byte)
    if (finished) this.finished = finished
    if (finished && this.pending > 0) this.pending--
    this.tell.byte?.(byte)
    this.look()
  }

  /** The first moment is that of init_heap: from then on the description is whole. */
  moment() {
    if (!this.known) {
      this.known = this.eyes.description(readDescription(this.read, this.place))
      this.history = new History(this.read, this.known)
    }
    this.takeLine()
    this.history.moment()
    this.dirty = true
    this.tell.moment?.()
    this.look()
  }

  /** A line counts as soon as its first command does; an empty one, or one that was given up, never does. */
  takeLine() {
    if (!this.known) return
    const commands = this.now('command')
    if (commands === this.commands) return
    const command = this.commands + 1
    if (this.finished) {
      this.lines.push({ ...this.finished, command })
      this.tell.line?.(this.lines.at(-1))
    }
    this.askers.push({ text: this.row.takeJob() ?? this.lines.at(-1)?.text, command })
    this.finished = undefined
    this.commands = commands
    this.dirty = true
  }

  /** Soon, and again until the kernel waits. */
  look() {
    this.looking ??= setTimeout(() => {
      this.looking = undefined
      this.check()
    }, LOOK)
  }

  check() {
    if (!this.guest || !this.known || ENDED.includes(this.state)) return
    const state = this.now('state')
    this.takeLine()
    if (state === STATE.STOPPED) this.become('stopped')
    else if (state === STATE.WAITING && this.pending === 0 && this.row.isPrompt()) this.become('waiting')
    else {
      this.become('running')
      if (performance.now() - this.typed > LONG) this.tellThatItRuns()
      this.look()
    }
  }

  tellThatItRuns() {
    this.typed = Infinity
    this.tell.state?.('running')
  }

  become(state) {
    if (state !== 'running' && this.dirty && this.guest) this.history?.settle()
    if (state !== 'running') this.dirty = false
    const before = this.state
    this.state = state
    if (state !== 'running') this.waiters.splice(0).forEach((resolve) => resolve(state))
    if (state === 'waiting') this.keepStateSoon()
    if (state !== before || state === 'waiting') this.tell.state?.(state)
  }

  // ---- What goes to it

  /** Resolves to the state in which the machine comes to rest. */
  prompt() {
    if (!['starting', 'running'].includes(this.state)) return Promise.resolve(this.state)
    return new Promise((resolve) => this.waiters.push(resolve))
  }

  type(text) {
    this.pending += text.split(/\r/).length - 1
    if (this.pending > 0 && this.state === 'waiting') {
      this.state = 'running'
      this.typed = performance.now()
    }
    this.guest?.type(text)
    this.look()
  }

  /** Types lines, each when the prompt is there. Gives the state at the end. */
  async run(lines) {
    let state = await this.prompt()
    for (const line of lines) {
      if (state !== 'waiting') break
      this.type(`${line}\r`)
      state = await this.prompt()
    }
    return state
  }

  /** Writes into memory from outside, as no command does. */
  poke(address, bytes) {
    this.guest.write(address, bytes)
    this.touch()
  }

  /** Somebody else did. */
  touch() {
    this.dirty = true
    this.look()
  }

  // ---- What is shown

  /** The heap after step n, or as it is now; and where it disagrees with what the kernel said. */
  view(n) {
    const { history, known } = this
    const last = history.steps.length - 1
    const at = n ?? last
    const { numbers, sizes } = history.asked(at)
    const live = n === undefined && this.state !== 'running'
    const { heap: readHeap } = this.eyes
    const heap = live ? readHeap(this.read, known, undefined, sizes) : readHeap(history.at(at), known, numbers, sizes)
    const step = history.steps[at]
    return {
      heap,
      step,
      at,
      last,
      interrupts: history.interrupts(),
      read: live ? this.read : history.at(at),
      disagreements: disagreements(heap, step.event, sizes),
    }
  }

  /** In which command step n happened: of a line, or one of those whose time had come, as "[1] stats". */
  commandOf(n) {
    const command = this.history.steps[n].event?.command
    return command ? this.askers.findLast((one) => one.command <= command)?.text : undefined
  }

  /** The lines that were typed before or at step n. */
  linesUpTo(n) {
    const command = this.history.steps[n].event?.command ?? 0
    return this.lines.filter((line) => line.command <= command).length
  }

  // ---- The way back

  keepStateSoon() {
    clearTimeout(this.quiet)
    const since = this.lines.length - (this.states.at(-1)?.lines ?? 0)
    if (since >= LINES_APART) this.quiet = setTimeout(() => this.keepState(), QUIET)
  }

  async keepState() {
    if (this.state !== 'waiting' || this.row.text !== this.row.prompt) return
    const { text, lines, commands, history } = this
    const mark = { text: text.length, lines: lines.length, commands, place: history.place() }
    const machine = await this.guest.save()
    if (this.lines !== lines || this.lines.length !== mark.lines || this.text.length !== mark.text) return
    this.states.push({ ...mark, machine })
    if (this.states.length > MOST_STATES) this.states = this.states.filter((_, n) => n % 2 === 1)
  }

  /** Back to the prompt behind so many lines, by the nearest state before it and typing what is left. */
  async backTo(count) {
    const lines = this.lines.slice(0, count).map((line) => line.text)
    clearTimeout(this.quiet)
    this.states = this.states.filter((state) => state.lines <= count)
    const state = this.states.at(-1)
    if (state) await this.restore(state)
    else await this.again()
    return this.run(lines.slice(state?.lines ?? 0))
  }

  async restore(state) {
    this.guest.stop()
    await this.guest.restore(state.machine)
    this.text = this.text.slice(0, state.text)
    this.lines = this.lines.slice(0, state.lines)
    this.commands = state.commands
    this.pending = 0
    this.finished = undefined
    this.dirty = false
    this.row.clear()
    for (const [n, letter] of [...this.row.prompt].entries())
      this.row.byte(letter.charCodeAt(0), state.text - this.row.prompt.length + n)
    this.history.takeBack(state.place)
    this.tell.reset?.(this.text)
    this.guest.run()
    this.become('waiting')
  }

  /** From the power switch on. */
  async again() {
    clearTimeout(this.looking)
    this.looking = undefined
    clearTimeout(this.quiet)
    await this.guest?.destroy()
    this.guest = undefined
    this.clear()
    this.tell.reset?.('')
    return this.boot()
  }
}

/** What was printed, without colours. */
export function transcript(text) {
  return text.replace(/\x1b\[[0-9;]*[A-Za-z]/g, '').replaceAll('\r', '')
}
