// SPDX-License-Identifier: MIT
//
// The words of the lab in the page's language, and what an event is in such words.

import { hex } from './description.mjs'
import bengali from './words.bn.json'
import english from './words.en.json'

/** say('bytes', { n: 100 }) for a language. */
export function sayIn(language) {
  const words = language.startsWith('bn') ? bengali : english
  const say = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '')
  const count = (n, one, many) => (n === 1 ? say(one) : say(many, { n: n.toLocaleString('en') }))
  const bytes = (n) => count(n, 'oneByte', 'bytes')
  return {
    say,
    has: (key) => key in words,
    bytes,
    blocks: (n) => count(n, 'oneBlock', 'blocks'),
    /** Blocks that the lab or the kernel took for itself have only their address. */
    number: (block) => (block.number ? `#${block.number}` : hex(block.payload)),
    step: (step) => stepIn(say, bytes, step),
  }
}

/** #N, the letter that a recording gives to a block without a number, or nothing. */
export function nameOf(number) {
  return typeof number === 'string' ? number : number ? `#${number}` : ''
}

/** The kernel's own rules stand behind the heap's faults, from 101 on. */
function code(fault) {
  return fault > 100 ? `I0${fault - 100}` : `E0${fault}`
}

function interruptIn(say, { times, place, ...event }) {
  const words = { ...event, n: times.toLocaleString('en'), place: place ?? say('elsewhere') }
  return say(times === 1 ? 'event.irq' : 'event.irqs', words)
}

function stepIn(say, bytes, step) {
  if (!step.event) return ''
  if (step.unnoticed) return say('event.unnoticed')
  const { event } = step
  if (event.name === 'irq') return interruptIn(say, event)
  return say(`event.${event.name}`, {
    block: nameOf(event.block) || say('aBlock'),
    address: hex(event.address),
    bytes: bytes(event.size),
    pointer: hex(event.free_memory_pointer),
    fault: code(event.fault),
  })
}
