// SPDX-License-Identifier: MIT
//
// What the learner has done, in the very files of exercises/learn/progress.py: my_heap.c, and in .learn/ a copy of the heap
// for each step that was passed, what a reset put aside, and a small file with the hints and the language.

export const FILE = 'my_heap.c'
const STATE = '.learn/'
const DATA = `${STATE}progress.json`
const LANGUAGES = ['bn', 'en']
const KEPT = /^\.learn\/before-reset-(\d+)\.c$/

const copyOf = (step) => `${STATE}passed-${String(step).padStart(2, '0')}.c`

/** The files of a learner's folder that are theirs; all else is made of them. */
export const isAside = (name) => KEPT.test(name)
export const isOwn = (name) => name === FILE || name === DATA || isAside(name) || /^\.learn\/passed-\d\d\.c$/.test(name)

export class Progress {
  /** most: the number of the last step. template: what a learner begins with. */
  constructor(store, { most, template }) {
    Object.assign(this, { store, most, template })
  }

  // ---- The small file

  /** Nothing yet, or somebody edited it: no step is lost by that. */
  get data() {
    try {
      const { hints, language } = JSON.parse(this.store.read(DATA))
      const counts = Object.entries(hints).map(([step, count]) => [Number(step), Number(count)])
      if (counts.flat().some((number) => !Number.isInteger(number))) throw new Error('no numbers')
      return { hints: Object.fromEntries(counts), language: LANGUAGES.includes(language) ? language : null }
    } catch {
      return { hints: {}, language: null }
    }
  }

  keep(data) {
    this.store.write(DATA, `${JSON.stringify(data, null, 1)}\n`)
  }

  hintsTaken(step) {
    return this.data.hints[step] ?? 0
  }

  nextHint(step, most) {
    const { hints, language } = this.data
    const count = Math.min((hints[step] ?? 0) + 1, most)
    this.keep({ hints: { ...hints, [step]: count }, language })
    return count
  }

  // ---- The steps

  passed(step) {
    return this.store.read(copyOf(step)) !== undefined
  }

  get steps() {
    return Array.from({ length: this.most }, (_, n) => n + 1)
  }

  get done() {
    return this.steps.filter((step) => this.passed(step))
  }

  /** The first step that is not passed; after the last one, the last. */
  get current() {
    return this.steps.find((step) => !this.passed(step)) ?? this.most
  }

  get highest() {
    return Math.max(0, ...this.done)
  }

  get allDone() {
    return this.done.length === this.most
  }

  /** A heap that passes a step passes all below it. */
  markPassed(step, text) {
    for (let below = 1; below <= step; below++)
      if (below === step || !this.passed(below)) this.store.write(copyOf(below), text)
  }

  // ---- The file

  /** What was written last; at first the template, and where the file got lost, the heap of the last step that was passed. */
  get text() {
    return this.store.read(FILE) ?? this.begins(this.highest + 1)
  }

  write(text) {
    this.store.write(FILE, text)
  }

  /** The file as it is when a step begins. */
  begins(step) {
    return (step > 1 && this.store.read(copyOf(step - 1))) || this.template
  }

  /** Puts the present file aside, unless the very same lies there, and tells where. */
  putAside(text = this.store.read(FILE)) {
    if (text === undefined) return undefined
    const names = this.store.names().filter(isAside)
    const same = names.find((name) => this.store.read(name) === text)
    const kept = same ?? `${STATE}before-reset-${1 + Math.max(0, ...names.map((name) => Number(KEPT.exec(name)[1])))}.c`
    this.store.write(kept, text)
    return kept
  }

  /** The file as it was when this step began; gives where the present one was put. */
  reset(step) {
    const kept = this.putAside()
    this.write(this.begins(step))
    for (let later = this.most; later >= step; later--) this.store.remove(copyOf(later))
    const { hints, language } = this.data
    this.keep({ hints: Object.fromEntries(Object.entries(hints).filter(([key]) => Number(key) < step)), language })
    return kept
  }
}
