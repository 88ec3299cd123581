// SPDX-License-Identifier: MIT
//
// Has the page kept by the browser as a whole, so that it opens without a network, too.

import { withBase } from 'vitepress'

const PATIENCE = 60000 // ms

/** What this page was made of, and what it will ask for as soon as something boots. */
function asked() {
  const here = performance.getEntriesByType('resource').map(({ name }) => name)
  return [...new Set([location.origin + location.pathname, ...here])].filter((url) => url.startsWith(location.origin))
}

/** True once all of it is kept; false where a browser cannot. */
export async function works() {
  if (!navigator.serviceWorker) return false
  try {
    await import('../lab/Lab.vue')
    await navigator.serviceWorker.register(withBase('/offline.js'))
    const { active } = await navigator.serviceWorker.ready
    const { port1, port2 } = new MessageChannel()
    const kept = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data === 'kept')))
    active.postMessage({ page: location.pathname, keep: asked() }, [port2])
    return await Promise.race([kept, new Promise((resolve) => setTimeout(() => resolve(false), PATIENCE))])
  } catch {
    return false
  }
}
