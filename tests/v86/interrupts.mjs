// SPDX-License-Identifier: MIT
//
// Interrupts in v86, without a page:  node interrupts.mjs IMAGE WHAT   prints what it saw as one line of JSON.

import { boot, imageAt } from '../../web/lab/node.mjs'
import { eventAt, interruptsIn } from '../../web/lab/recorded.mjs'
import { recordOf, written } from '../../web/lab/recorder.mjs'
import { Session, transcript } from '../../web/lab/session.mjs'
import { hex } from '../../web/lab/description.mjs'

const [path, what] = process.argv.slice(2)
const image = imageAt(path)
const quiet = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

async function session() {
  const one = new Session({ image, start: (tell) => boot(image, 'on_fault=report color=off', tell) })
  await one.boot()
  return one
}

/** All that the words of an interrupt are made of. */
const meant = ({ source, times, handler, place = '' }) => [source, times, handler, place]

/** The rows of `events all`, of interrupts alone. */
function rowsIn(text) {
  const rows = text.slice(text.lastIndexOf('minios> events all')).matchAll(/^ +(\d+) +(\d+) {2}irq +(\w+) +(0x\w+|elsewhere) +(\d+) /gm)
  return [...rows].map(([, ...row]) => row.join(' '))
}

/** What the history has of them, in the same form; who each was, where it came in, and in which command. */
async function events() {
  const one = await session()
  const lines = ['bug race', 'bug handler-keeps-block', 'timer 1000', 'every 1 stats', 'events all', 'cancel all; alloc 3', 'events all']
  await one.run(lines)
  const shown = one.history.interrupts().map((n) => ({ ...one.history.steps[n], n }))
  const rows = shown.map(({ event, number }) =>
    [number, event.command, event.source.slice(0, 6), event.place ? hex(event.address) : 'elsewhere', event.times].join(' '),
  )
  const told = shown.map(({ n, event }) => [...meant(event), one.commandOf(n)])
  await one.end()
  return { rows, printed: rowsIn(transcript(one.text)), told }
}

/** In which command something happened, and whether that was at the prompt. */
async function commands() {
  const one = await session()
  await one.run(['alloc 100', 'after 60 alloc 5', 'alloc 7; every 40 free'])
  await quiet(300)
  await one.run(['cancel all', 'alloc 9'])
  const seen = one.history.steps.flatMap(({ event, atPrompt }, n) => (n > 0 ? [[event.name, event.block, one.commandOf(n), atPrompt]] : []))
  await one.run(Array(12).fill('alloc 1'))
  await quiet(450)
  const states = one.states.length
  await one.run(['alloc 2', 'alloc 3'])
  await one.backTo(16)
  const after = [states, one.askers.at(-1).command === one.commands, one.commandOf(one.history.steps.length - 1)]
  await one.end()
  return { seen, after }
}

/** How many ticks come in a while, and what the kernel counts. */
async function slow() {
  const one = await session()
  const come = async (milliseconds) => {
    const before = one.now('ticks')
    await quiet(milliseconds)
    return one.now('ticks') - before
  }
  const usual = await come(1000)
  one.guest.goSlower(100)
  await one.run(['timer', 'latency again'])
  const begun = performance.now()
  const cpu = process.cpuUsage()
  const slowly = await come(4000)
  const used = process.cpuUsage(cpu)
  const idle = (used.user + used.system) / 1000 / (performance.now() - begun)
  await one.run(['alloc 100', 'latency', 'timer'])
  const ticks = one.now('ticks')
  one.guest.goSlower(1)
  const again = await come(1000)
  const told = [...transcript(one.text).matchAll(/(\d+) ticks a second; (\d+) came, (\d+) were lost/g)].map((row) => row.slice(1).map(Number))
  await one.end()
  const late = Number(/longest wait of a tick +(\d+)/.exec(transcript(one.text))[1])
  return { usual, slowly, late, idle, again, told, ticks }
}

/** A recording of a session with interrupts, and what it gives back. */
async function recording() {
  const one = await session()
  const lines = ['bug race', 'bug race-counter']
  await one.run(lines)
  const record = JSON.parse(written(recordOf(one, lines)))
  const steps = interruptsIn(record)
  const live = one.history.interrupts().map((n) => meant(one.history.steps[n].event))
  await one.end()
  return { kept: steps.map((n) => record.steps[n]), read: steps.map((n) => meant(eventAt(record, n).event)), live }
}

const WHAT = { events, commands, slow, recording }
console.log(`\n${JSON.stringify(await WHAT[what]())}`)
process.exit(0)
