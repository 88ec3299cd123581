// SPDX-License-Identifier: MIT
//
// Makes a recording of a session that has run: the steps are those of the lab's own history.

import { hex } from './description.mjs'
import { changedBytes } from './history.mjs'
import { stepOf } from './recorded.mjs'

/** Which line of those that were typed an event belongs to. */
function lineOf(session, n) {
  const { event } = session.history.steps[n]
  return event.command === 0 ? -1 : session.linesUpTo(n) - 1
}

function steps(session) {
  const { history } = session
  const start = history.steps[0].words[0]
  return history.steps.map((step, n) => {
    const { heap } = session.view(n)
    if (heap.words.heap_start !== start || heap.floor.damage.length > 0)
      throw new Error(`step ${n}: the heap itself moved, or its floor was written over; a recording cannot tell that`)
    return stepOf(heap, step, lineOf(session, n), changedBytes(history, step))
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
  return { ...head, steps: steps(session) }
}
