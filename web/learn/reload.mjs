// SPDX-License-Identifier: MIT
//
// Where somebody was on the page, over a reload. It is kept for this tab alone; a browser that keeps nothing begins at the
// top, as it would without it.

const KEY = 'minios.learn.place'
let reloaded = globalThis.performance?.getEntriesByType?.('navigation')[0]?.type === 'reload'

export function keepPlace(place) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(place))
  } catch {
    // it is worth no word
  }
}

/** Once, and only after a reload: who comes by a link begins where the link leads. */
export function placeBefore() {
  const asked = reloaded && !location.hash
  reloaded = false
  try {
    return asked ? JSON.parse(sessionStorage.getItem(KEY)) : null
  } catch {
    return null
  }
}
