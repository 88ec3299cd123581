// SPDX-License-Identifier: MIT
//
// C in, object file out: TCC as WebAssembly (tools/tcc), over files in memory. An instance compiles once.

import { HEADERS } from './headers.mjs'
import { System } from './wasi.mjs'

const MESSAGE = /^(?:\/*(\S+?):(?:(\d+):)? )?(?:error|warning): (.*)$/
const INCLUDED = /^In file included from (\S+):(\d+):$/
const MEMORY_FULL = /^memory full/

/** What the compiler told, as a list; warnings are errors. A mistake in a header has the line that includes it as `included`. */
function messagesIn(told) {
  const messages = []
  let included = {}
  for (const line of told.split('\n')) {
    const place = INCLUDED.exec(line)
    const message = MESSAGE.exec(line)
    if (place) included = { included: { file: place[1], line: Number(place[2]) }, ...included }
    if (!message) continue
    const [, file, number, text] = message
    messages.push({ file: file ?? '', line: Number(number ?? 0), kind: 'error', text, ...included })
    included = {}
  }
  return messages
}

/** A file that is nested too deeply takes more than its stack, or than that of the browser, whose words for it differ. */
function isOutOfRoom(error) {
  return error instanceof WebAssembly.RuntimeError || error instanceof RangeError || error.name === 'InternalError'
}

/** Of files ({ name: text }) the one called main, with the flags of the house. object is null when there are errors; stopped
 * tells that it took more memory than the compiler has. */
export function compile(module, files, main) {
  const system = new System({ ...HEADERS, ...files }, ['tcc', main])
  let status
  try {
    status = system.run(module)
  } catch (error) {
    if (!isOutOfRoom(error)) throw error
    return { object: null, messages: [], stopped: 'memory' }
  }
  const messages = messagesIn(system.told)
  if (messages.some((one) => MEMORY_FULL.test(one.text))) return { object: null, messages: [], stopped: 'memory' }
  return { object: status === 0 ? (system.file('object') ?? null) : null, messages }
}
