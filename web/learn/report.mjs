// SPDX-License-Identifier: MIT
//
// What a check reports, `key value` lines, and where in the learner's file it happened. `places(address)` gives
// { function, line } of an address in the learner's code, and else nothing.

export class Report {
  constructor(lines) {
    this.lines = lines.filter(Boolean).map((line) => {
      const at = line.indexOf(' ')
      return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)]
    })
    this.passed = this.lines.some(([key]) => key === 'passed')
    if (!this.passed && !this.get('diagnosis')) this.lines.push(['diagnosis', 'crash-unknown'])
  }

  all(key) {
    return this.lines.filter(([name]) => name === key).map(([, value]) => value)
  }

  get(key) {
    return this.all(key).at(-1)
  }
}

/** Where it happened, and the calls that led there: a return address is one behind its call. */
function addressesOf(report) {
  const numbers = (key, less) => report.all(key).map((value) => Number.parseInt(value, 16) - less)
  return [...numbers('caller', 1), ...numbers('pc', 0), ...numbers('frame', 1)]
}

/** Where a loop begins that does not end, in the outermost function that was met. */
function loopOf(report, places, code) {
  const looks = report.all('loop').map((value) => value.split(/\s+/).map((word) => Number.parseInt(word, 16)))
  const met = looks.flatMap(([pc, stack]) => places(pc) ? [{ ...places(pc), pc, stack }] : [])
  if (met.length === 0) return undefined
  const same = met.filter((one) => one.function === met[0].function && one.stack === met[0].stack)
  return { function: met[0].function, line: emptyLoop(same, code) ?? firstLine(code, Math.min(...same.map(({ line }) => line))) }
}

const DEFINITION = /^[ \t]*#[ \t]*define[ \t]+(\w+)((?:\\\n|.)*)$/gm
const withoutNotes = (text) => text.replace(/\/[/*].*/, '')

/** What such a loop is written with: for (;;), goto, or the name of a macro that is made of one of them. */
function emptyLoopIn(text) {
  const macros = [...text.matchAll(DEFINITION)]
  const words = new Set(['for\\s*\\(\\s*;\\s*;\\s*\\)', 'goto'])
  const any = () => new RegExp(`\\b(?:${[...words].join('|')})(?!\\w)`)
  for (let before; before !== words.size;) {
    before = words.size
    for (const [, name, meaning] of macros) if (any().test(withoutNotes(meaning))) words.add(name)
  }
  return any()
}

/** A jump to itself. TCC notes a line where there is something to work out, and in for (;;) { } there is nothing: then the
 * address belongs to the line before. */
function emptyLoop([{ pc, line, behind }, ...others], code) {
  if (!behind || others.some((other) => other.pc !== pc)) return undefined
  const text = code.join('\n')
  const lines = text.replace(DEFINITION, (whole) => whole.replace(/[^\n]/g, '')).split('\n')
  const end = lines.findIndex((one, n) => n >= line && one.startsWith('}'))
  const ahead = lines.slice(line - 1, end < 0 ? lines.length : end)
  const loop = emptyLoopIn(text)
  const found = ahead.findIndex((one) => loop.test(withoutNotes(one)))
  return found < 0 ? undefined : line + found
}

function withoutTabs(line) {
  return line.replace(/^[ \t]+/, (blank) => [...blank].reduce((done, c) => done + (c === ' ' ? ' ' : ' '.repeat(4 - (done.length % 4))), ''))
}

/** The line of the for, while or do that a line stands in, as far as it is indented; else that line. */
export function firstLine(code, number) {
  let depth = Infinity
  for (let above = number; above > 0; above--) {
    const line = withoutTabs(code[above - 1] ?? '')
    const indent = line.length - line.trimStart().length
    if (!line.trim() || indent >= depth) continue
    depth = indent
    if (/^[}\s]*(for|while|do)\b/.test(line)) return above
  }
  return number
}

/** { function, line } of the learner's code in which a crash happened, or nothing. */
export function frameOf(report, places, source) {
  return loopOf(report, places, source.split('\n')) ?? addressesOf(report).map(places).find(Boolean)
}
