// SPDX-License-Identifier: MIT
//
// Makes a recording of a session that has run: the steps are those of the lab's own history.

import { hex } from './description.mjs'
import { changedBytes } from './history.mjs'
import { stepOf } from './recorded.mjs'
import { transcript } from './session.mjs'

/** Which line of those that were typed an event belongs to. */
function lineOf(session, n) {
  const { event } = session.history.steps[n]
  return event.command === 0 ? -1 : session.linesUpTo(n) - 1
}

/** What the code that the lab printed for a bug calls its blocks, in the order in which it asks for them. */
function lettersIn(text, command) {
  const told = text.split(`minios> ${command}\n`).at(-1).split('on a heap with no policy')[0]
  return [...told.matchAll(/(\w+) = k\w*alloc\w*\(/g)].map((found) => found[1])
}

/** Blocks that a bug takes have no number. Each of its calls for one ends in a block or in one of these refusals. */
const REFUSED = [1, 2, 3]

/** A name for each such block, by payload; `step` tells what happened to which. */
function lettersOf(session, lines) {
  const text = transcript(session.text)
  const left = new Map()
  const names = new Map()
  return ({ event, unnoticed }, line) => {
    if (unnoticed || line < 0 || !lines[line].startsWith('bug ')) return names
    if (!left.has(line)) left.set(line, lettersIn(text, lines[line]))
    if (event.name === 'alloc' || (event.name === 'fault' && REFUSED.includes(event.fault))) {
      const letter = left.get(line).shift()
      if (letter && event.name === 'alloc') names.set(event.address, letter)
    }
    return names
  }
}

/** The same with the letters where there are no numbers. */
function named(step, record, names) {
  const { event } = step
  const block = event.block || (['alloc', 'free', 'resize'].includes(event.name) && names.get(event.address))
  return { step: { ...step, event: { ...event, block } }, heap: withNames(record, names) }
}

function withNames(heap, names) {
  return { ...heap, blocks: heap.blocks.map((one) => ({ ...one, number: one.number || names.get(one.payload) || 0 })) }
}

const OF_THE_LAB = ['setup', 'mistake', 'restore']

/** The steps that tell something of the heap: where the lab only says how far it is, none. */
export function tellingSteps({ steps: all }) {
  const numbers = all.map((_, n) => n)
  return numbers.filter((n) => !OF_THE_LAB.includes(all[n].event.name) || all[n].changes.length > 0 || all[n].unnoticed)
}

function steps(session, lines) {
  const { history } = session
  const start = history.steps[0].words[0]
  const letters = lettersOf(session, lines)
  return tellingSteps(history).map((n) => {
    const step = history.steps[n]
    const { heap } = session.view(n)
    if (heap.words.heap_start !== start || heap.floor.damage.length > 0)
      throw new Error(`step ${n}: the heap itself moved, or its floor was written over; a recording cannot tell that`)
    const line = lineOf(session, n)
    const told = named(step, heap, letters(step, line))
    return stepOf(told.heap, told.step, line, changedBytes(history, step))
  })
}

/** A step a line, so that a difference can be read. */
export function written(record) {
  const { steps: all, ...head } = record
  const rows = all.map((step) => `  ${JSON.stringify(step)}`).join(',\n')
  return `${JSON.stringify(head).slice(0, -1)},"steps":[\n${rows}\n]}`
}

export function recordOf(session, lines) {
  const { heap_start, heap_end } = session.view().heap.words
  const head = { heap_start: hex(heap_start), bytes: heap_end - heap_start, tag_bytes: session.known.tag_bytes, lines }
  return { ...head, steps: steps(session, lines) }
}
