// SPDX-License-Identifier: MIT
//
// The machine of a page: one at a time, at rest while nobody looks at the page.

import kernel from '../../build/book/minios.elf?url'
import wasm from 'v86/build/v86.wasm?url'
import { startGuest } from './guest.mjs'
import { Session } from './session.mjs'

let running // the one session of this page, and whom to tell when another begins

/** v86 draws text into the first element and pictures into the second. */
function emptyScreen(container) {
  container.replaceChildren(document.createElement('div'), document.createElement('canvas'))
  container.lastChild.style.display = 'none'
  return { container }
}

/** Loads what is needed and gives a session that is not booted yet. own: another kernel than the lab's, and with
 * what eyes its heap is read. */
export async function newSession({ own, eyes, options, container, tell, ended }) {
  await running?.end()
  const [{ V86, code }, image] = await Promise.all([emulator(), own ?? load(kernel)])
  const start = async (told) => {
    const guest = await startGuest({ V86, code, image, options, tell: told, screen: emptyScreen(container) })
    guest.emulator.keyboard_set_enabled(false)
    return guest
  }
  const session = new Session({ image, start, tell, eyes })
  const rest = () => (document.hidden ? session.guest?.stop() : wake(session))
  document.addEventListener('visibilitychange', rest)
  running = {
    session,
    end: async () => {
      document.removeEventListener('visibilitychange', rest)
      if (running?.session === session) running = undefined
      await session.end()
      ended?.()
    },
  }
  return { session, end: running.end }
}

/** The emulator's code is loaded once, so that the machine can be started again without a network. */
let loaded
export async function emulator() {
  loaded ??= load(wasm).then((bytes) => WebAssembly.compile(bytes))
  const [{ V86 }, module] = await Promise.all([import('v86'), loaded])
  return { V86, code: async (imports) => (await WebAssembly.instantiate(module, imports)).exports }
}

export async function load(url) {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`)
  return new Uint8Array(await answer.arrayBuffer())
}

function wake(session) {
  if (session.guest && ['starting', 'waiting', 'running'].includes(session.state) && !session.guest.running())
    session.guest.run()
}
