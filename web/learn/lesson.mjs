// SPDX-License-Identifier: MIT
//
// What is said of a look at the learner's heap, in pieces: a page draws them, plain.mjs prints them. Its twin in the
// terminal is exercises/learn/lesson.py, whose words these are.

import { frameOf } from './report.mjs'

const MOST_SAID = 10 // lines of the learner's own kprintf

export const label = (text) => ({ as: 'label', text })
export const lines = (lines) => ({ as: 'lines', lines })
export const told = (text, indent) => ({ as: 'told', text, indent })
export const verdict = (mark, text) => ({ as: 'verdict', mark, text })
export const space = { as: 'space' }

export function titleOf({ say, steps }, step) {
  return say('check.title', { step, title: steps[step - 1].title })
}

/** The text of a step, and where the book tells the same. */
export function textPieces({ say, steps }, step, chapter) {
  const { text, section } = steps[step - 1]
  return [{ as: 'markdown', text, drawn: true }, space, told(say('text.section', { section, chapter }))]
}

export function hintPieces({ say, steps }, step, number, more = 'hint.more') {
  const { hints } = steps[step - 1]
  return [
    { as: 'title', text: say('hint.title', { step, number, whole: hints.length }) },
    { as: 'markdown', text: hints[number - 1] },
    space,
    told(say(number < hints.length ? more : 'hint.last', { step }), ''),
  ]
}

/** error: the lines that the compiler or the linker said; help: the name of a word about it. */
export function errorPieces({ say }, { file, error, help }) {
  return [verdict('failed', say('compiler.failed', { file })), lines(error), space, told(say(`compiler.${help}`))]
}

export function passedPieces({ say }, report) {
  const count = verdict('passed', say('check.passed', { count: report.all('ok').length }))
  return report.all('left-out').length ? [count, verdict('left', say('check.left_out'))] : [count]
}

/** A failure, piece by piece. places tells lines of the file, whose text is source. */
export function failurePieces({ say }, { step, report, places, source }) {
  const failed = Number.parseInt(report.get('step') ?? step, 10)
  return [
    verdict('failed', say(failed === step ? 'check.failed' : 'check.failed_below', { step: failed })),
    label(say('report.called')),
    lines(report.all('call').length ? report.all('call') : ['-']),
    ...['look', 'wanted', 'came'].flatMap((key) =>
      report.get(key) ? [{ as: 'value', label: say(`report.${key}`), value: report.get(key) }] : [],
    ),
    ...crash(say, report, places, source),
    ...picture(say, report),
    space,
    { as: 'diagnosis', text: say('report.diagnosis'), name: report.get('diagnosis') },
    told(say(report.get('diagnosis'))),
    ...(report.all('said').length ? [label(say('report.said')), lines(report.all('said').slice(-MOST_SAID))] : []),
  ]
}

function crash(say, report, places, source) {
  const pieces = []
  if (report.get('wrote')) pieces.push(label(say('report.wrote', { place: report.get('wrote') })))
  if (report.get('owner')) pieces.push(label(say('report.owner', { owner: report.get('owner') })))
  if (!report.get('crash')) return pieces
  pieces.push(label(say(`report.${report.get('crash')}`)))
  const frame = frameOf(report, places, source)
  if (!frame) return pieces
  const code = source.split('\n')[frame.line - 1]
  const shown = code === undefined ? '' : `${String(frame.line).padStart(4)} | ${code.trim()}`
  return [...pieces, { ...label(say('report.line', frame)), line: frame.line }, lines([shown])]
}

function picture(say, report) {
  if (!report.all('picture').length) return []
  return [
    label(say('report.picture', { scale: report.get('scale') })),
    { as: 'lines', lines: report.all('picture'), drawn: true },
    { as: 'legend', text: say('report.legend') },
  ]
}
