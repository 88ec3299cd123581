// SPDX-License-Identifier: MIT
//
// Has the page kept by the browser as a whole, so that it opens without a network, too.

import { withBase } from 'vitepress'

const PATIENCE = 60000 // ms

/** What this page was made of, and what it will ask for later, which may be under way now. */
function asked(later) {
  const here = performance.getEntriesByType('resource').map(({ name }) => name)
  const then = later.map((url) => new URL(url, location.href).href)
  return [...new Set([location.origin + location.pathname, ...here, ...then])].filter((url) => url.startsWith(location.origin))
}

/** True once all of it is kept, with the addresses in `later`; false where a browser cannot. */
export async function works(later) {
  if (!navigator.serviceWorker) return false
  try {
    await import('../lab/Lab.vue')
    await document.fonts.ready
    await navigator.serviceWorker.register(withBase('/offline.js'))
    const { active } = await navigator.serviceWorker.ready
    const { port1, port2 } = new MessageChannel()
    const kept = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data === 'kept')))
    active.postMessage({ page: location.pathname, keep: asked(later) }, [port2])
    return await Promise.race([kept, new Promise((resolve) => setTimeout(() => resolve(false), PATIENCE))])
  } catch {
    return false
  }
}
