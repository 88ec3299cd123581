// SPDX-License-Identifier: MIT
//
// One look at the learner's heap, from the compiler to the kernel booted on it, and what is said about it. Its twin in the
// terminal is exercises/learn/lesson.py. It knows no page: who calls it hands in the tools that compile, check and boot.

import { missingFrom, nameOf, typedIn, withAddresses } from './boot.mjs'
import { errorPieces, failurePieces, label, lines, passedPieces, space, titleOf, told, verdict } from './lesson.mjs'
import { FILE } from './progress.mjs'
import { Report } from './report.mjs'

const MACHINE = 'i386'
const MOST_OF_FAILED = 40 // lines

/** The first thing that the compiler says, with the line of code that it means. */
export function saidOf({ file, line, kind, text, included }, source) {
  const place = file === FILE || !included ? { file, line } : included
  const code = place.file === FILE ? source.split('\n')[place.line - 1] : undefined
  const first = place.line ? `${place.file}:${place.line}: ${kind}: ${text}` : `${kind}: ${text}`
  return { line: place.file === FILE ? place.line : 0, error: code === undefined ? [first] : [first, `${String(place.line).padStart(5)} | ${code}`] }
}

/** { image, places }, or { line, pieces } that tell why there is none. say: the page's own words. */
export async function make({ material, tools, say }, source) {
  const compiled = await tools.compile(source)
  if (compiled.stopped) return { line: 0, pieces: [verdict('failed', say(`stopped.${compiled.stopped}`))] }
  const first = compiled.messages.find(({ kind }) => kind === 'error') ?? compiled.messages[0]
  if (!compiled.object) {
    const { line, error } = first ? saidOf(first, source) : { line: 0, error: [] }
    const help = first ? tools.helpFor(first.text, compiled.messages) : 'other'
    return { line, pieces: errorPieces(material, { file: FILE, error, help }) }
  }
  const linked = tools.link(compiled.object)
  if (!linked.errors) return linked
  const [{ kind, text }] = linked.errors
  const help = { undefined: 'undefined-reference', missing: 'undefined-reference', twice: 'name-taken' }[kind]
  if (help) return { line: 0, pieces: errorPieces(material, { file: FILE, error: [text], help }) }
  return { line: 0, pieces: [verdict('failed', say(`link.${kind}`, { text }))] }
}

class Look {
  constructor({ material, progress, tools, say, tell = () => {} }, source) {
    Object.assign(this, { material, progress, tools, say, tell, source, pieces: [] })
  }

  add(...pieces) {
    this.pieces.push(...pieces)
    this.tell(this.pieces)
  }

  async run(level, step) {
    const { lines } = await this.tools.check({ ...this.made, level, step })
    return new Report(lines)
  }

  /** A step that was passed: by the rules of the last one that was, or of the one that is being written. */
  async runOne(step) {
    const report = await this.run(this.progress.highest, step)
    return report.passed ? report : this.run(this.progress.current, step)
  }

  /** Where a heap comes from elsewhere it may have left this step behind: blocks of step 6 are not those of step 5. */
  async furthest(step, report) {
    for (let later = this.progress.most; later > step; later--) {
      const other = await this.run(later)
      if (other.passed) {
        this.add({ as: 'title', text: titleOf(this.material, later) }, told(this.material.say('check.further', { step: later })))
        return [later, other]
      }
      if (other.get('crash') === 'crash-loop') break
    }
    return [step, report]
  }

  /** { passed, step, line }: the step that was passed in the end, or the line of the file that is to blame. */
  async at(step, only) {
    this.add({ as: 'title', text: titleOf(this.material, step) })
    this.made = await make(this, this.source)
    if (this.made.pieces) {
      this.add(...this.made.pieces)
      return { passed: false, step, line: this.made.line }
    }
    let report = only ? await this.runOne(step) : await this.run(step)
    if (!only && !report.get('crash') && (!report.passed || this.progress.done.length === 0))
      [step, report] = await this.furthest(step, report)
    if (!report.passed) return this.failed(step, report)
    this.add(...passedPieces(this.material, report))
    if (!(await this.boot(step))) return { passed: false, step, line: 0 }
    return { passed: true, step, line: 0, image: this.made.image }
  }

  failed(step, report) {
    const places = (address) => this.made.places.at(address)
    const pieces = failurePieces(this.material, { step, report, places, source: this.source })
    this.add(...pieces)
    return { passed: false, step, line: pieces.find(({ line }) => line)?.line ?? 0 }
  }

  async boot(step) {
    const { type, comes } = this.material.steps[step - 1].boot
    const { text, hung } = await this.tools.boot({ image: this.made.image, lines: type })
    const missing = missingFrom(text, comes)
    if (!hung && !missing) {
      this.add(verdict('passed', this.say('boots')), lines(typedIn(text)))
      return true
    }
    this.tellBadBoot({ text, hung, missing, type })
    return false
  }

  tellBadBoot({ text, hung, missing, type }) {
    const { say } = this.material
    this.add(verdict('failed', say('boot.failed', { machine: MACHINE })), lines(typedIn(text, MOST_OF_FAILED)))
    if (hung) this.add(label(this.say('boot.hung')))
    this.add(space, told(this.say('boot.help', { commands: type.join('; ') })))
    if (!missing) return
    this.add(label(say('boot.wanted')), lines([withAddresses(missing.line, text).trim()]))
    this.add(label(say('boot.came')), lines([(missing.instead ?? say('boot.nothing')).trim()]))
    if (nameOf(missing.line)) this.add(space, told(say(`bug.${nameOf(missing.line)}`)))
  }
}

/** Everything that is said of a look, and how it ended; what was passed is kept. */
export async function look(lesson, { source, step, only = false }) {
  const one = new Look(lesson, source)
  const result = await one.at(step, only)
  if (result.passed && !only) lesson.progress.markPassed(result.step, source)
  return { ...result, only, pieces: one.pieces }
}
