// SPDX-License-Identifier: MIT
//
// Goes to each heading of pages of the built site and prints where it stands, once all is there:
//     node tests/site/headings.mjs ADDRESS WIDTH PAGE...
//     node tests/site/headings.mjs ADDRESS WIDTH --late-buttons PAGE...      on pages that are worse than ours
// Each page is opened by a link to its last heading, which is below all that may come late, and a long one by links to some
// others, too; to the rest one goes from there. ADDRESS ends with a slash; PAGE is a path behind it. It judges nothing:
// tests/test_headings.py does.

import http from 'node:http'
import { browser } from '../../web/browser.mjs'
import { several } from './several.mjs'

const HEIGHT = 800
const OPENED = 5 // each so manieth heading, from the last one upwards, is opened by a link of its own
const STILL = 500 // milliseconds for which nothing has to move, where all was loaded anew
const LATE = { js: 50, svg: 300, woff2: 500 } // milliseconds that they take longer than the page

/** How far below the bars that stay the words of the heading begin, and whether the page could go on. */
function standing(id) {
  const heading = document.getElementById(id)
  const bars = [...document.querySelectorAll('.VPNav, .VPLocalNav')].filter((bar) => /fixed|sticky/.test(getComputedStyle(bar).position))
  const covered = Math.max(0, ...bars.map((bar) => bar.getBoundingClientRect().bottom))
  const top = heading.getBoundingClientRect().top + parseInt(getComputedStyle(heading).paddingTop, 10)
  const left = document.documentElement.scrollHeight - window.innerHeight - window.scrollY
  return { below: Math.round(top - covered), top: Math.round(top), atEnd: left < 2, atStart: window.scrollY === 0 }
}

/** Scripts run, letters and pictures are there, and for so long, and three pictures of the screen, nothing has moved. */
const settled = async (still) => {
  const frame = () => new Promise((drawn) => requestAnimationFrame(drawn))
  while (!document.querySelector('#app')?.__vue_app__) await frame()
  await document.fonts.ready
  document.querySelectorAll('img').forEach((image) => (image.loading = 'eager'))
  await Promise.all([...document.images].map((image) => image.decode().catch(() => {})))
  for (let since = 0, frames = 0, before; frames < 3 || performance.now() - since < still; frames++, await frame()) {
    const now = `${window.scrollY} ${document.documentElement.scrollHeight}`
    if (now !== before) [since, frames] = [performance.now(), 0]
    before = now
  }
}

/** Chromium moves the page along with what grows above the window, if somebody has moved it; others do not. */
const withoutAnchor = () => {
  document.addEventListener('DOMContentLoaded', () => document.head.append(Object.assign(document.createElement('style'), { textContent: '* { overflow-anchor: none }' })))
}

/** As if the buttons beside the sessions were not in the page but came 400 ms after its scripts. */
const lateButtons = () => {
  const style = Object.assign(document.createElement('style'), { textContent: '.try-it { display: none }' })
  document.addEventListener('DOMContentLoaded', () => {
    document.head.append(style)
    const look = () => (document.querySelector('#app')?.__vue_app__ ? setTimeout(() => style.remove(), 400) : requestAnimationFrame(look))
    look()
  })
}

/** The site, with what comes late, each time it is asked for. A route of the browser's would forbid it to keep anything. */
async function slowly(site) {
  const hands = new http.Agent({ keepAlive: true })
  const server = http.createServer((asked, answer) => {
    const pass = () =>
      http.get(new URL(asked.url, site), { headers: asked.headers, agent: hands }, (got) => {
        answer.writeHead(got.statusCode, got.headers)
        got.pipe(answer)
      })
    setTimeout(pass, LATE[asked.url.split('.').at(-1)] ?? 0)
  })
  await new Promise((there) => server.listen(0, '127.0.0.1', there))
  return { address: `http://127.0.0.1:${server.address().port}/`, end: () => server.closeAllConnections() || server.close() }
}

async function namesOf(path) {
  const html = await (await fetch(site + path)).text()
  return [...html.matchAll(/<h[1-4] id="([^"]+)"/g)].map((found) => found[1])
}

/** By a link from elsewhere: the page is loaded anew. */
async function open({ page, address }, path, id) {
  await page.goto('about:blank')
  await page.goto(`${address}${path}#${encodeURIComponent(id)}`)
  await page.evaluate(settled, STILL)
}

/** By a link on the page. */
async function go(page, id) {
  await page.evaluate((id) => (location.hash = encodeURIComponent(id)), id)
  await page.evaluate(settled, 0)
}

async function visit(reader, path) {
  const { page } = reader
  const ids = (await namesOf(path)).reverse()
  const found = []
  const look = async (id, opened) => found.push({ path, id, opened, ...(await page.evaluate(standing, id)) })
  for (const id of ids.filter((_, n) => n % OPENED === 0)) {
    await open(reader, path, id)
    await look(id, true)
  }
  for (const id of ids.filter((_, n) => n % OPENED !== 0)) {
    await go(page, id)
    await look(id, false)
  }
  return found
}

async function inWindows(chromium, width, paths, worse) {
  const found = []
  const servers = []
  const reader = async () => {
    servers.push(await slowly(site)) // each reader's own: a browser asks one server for six things at once
    const page = await (await chromium.newContext({ viewport: { width, height: HEIGHT } })).newPage()
    await page.addInitScript(withoutAnchor)
    if (worse) await page.addInitScript(lateButtons)
    return { page, address: servers.at(-1).address }
  }
  await several(paths, async (path, one) => found.push(...(await visit(one, path))), reader)
  for (const server of servers) server.end()
  return found
}

const [site, width, ...rest] = process.argv.slice(2)
const paths = rest.filter((word) => word !== '--late-buttons')
const chromium = await browser()
try {
  console.log(JSON.stringify(await inWindows(chromium, Number(width), paths, rest.length > paths.length)))
} finally {
  await chromium.close()
}
