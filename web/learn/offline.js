// SPDX-License-Identifier: MIT
//
// The service worker of the page `learn`: what that page is made of is kept, and given where the network does not answer.
// Whatever can be had is fetched anew, so nobody sees an old page; only names that change with their content are taken as kept.

const KEPT = 'minios-learn'
const BY_CONTENT = /\/assets\/.*\.[\w-]{8}\.\w+$/

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

/** All of a page's list, and nothing older; or, should one of it not come, what was kept before. */
async function keep(page, urls) {
  const cache = await caches.open(`${KEPT} ${page}`)
  const missing = []
  for (const url of urls) if (!BY_CONTENT.test(url) || !(await cache.match(url))) missing.push(url)
  await cache.addAll(missing)
  for (const { url } of await cache.keys()) if (!urls.includes(url)) await cache.delete(url)
}

self.addEventListener('message', (event) => {
  const [port] = event.ports
  const tell = (word) => port.postMessage(word)
  event.waitUntil(keep(event.data.page, event.data.keep).then(() => tell('kept'), () => tell('not kept')))
})

async function answer(request) {
  const kept = await caches.match(request, { ignoreSearch: request.mode === 'navigate', ignoreVary: true })
  if (kept && BY_CONTENT.test(request.url)) return kept
  try {
    return await fetch(request)
  } catch (error) {
    if (kept) return kept
    throw error
  }
}

self.addEventListener('fetch', (event) => {
  const { request } = event
  if (request.method === 'GET' && request.url.startsWith(self.location.origin)) event.respondWith(answer(request))
})
