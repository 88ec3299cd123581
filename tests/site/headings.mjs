// SPDX-License-Identifier: MIT
//
// Opens pages of the built site by a link to each of their headings and prints where each heading stands, once all is there:
//     node tests/site/headings.mjs ADDRESS WIDTH PAGE...
// ADDRESS ends with a slash; PAGE is a path behind it. It judges nothing: tests/test_headings.py does.

import { browser } from '../../web/browser.mjs'
import { several } from './several.mjs'

const HEIGHT = 800
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

/** Scripts run, letters and pictures are there, and nothing has moved for three pictures of the screen. */
const settled = async () => {
  const frame = () => new Promise((drawn) => requestAnimationFrame(drawn))
  while (!document.querySelector('#app')?.__vue_app__) await frame()
  await document.fonts.ready
  document.querySelectorAll('img').forEach((image) => (image.loading = 'eager'))
  await Promise.all([...document.images].map((image) => image.decode().catch(() => {})))
  for (let still = 0, before; still < 3; still++, await frame()) {
    const now = `${window.scrollY} ${document.documentElement.scrollHeight}`
    if (now !== before) still = 0
    before = now
  }
}

async function slowly(page) {
  await page.route(/\.(js|woff2|svg)$/, async (route) => {
    await new Promise((over) => setTimeout(over, LATE[route.request().url().split('.').at(-1)]))
    await route.continue().catch(() => {})
  })
}

async function namesOf(page, path) {
  await page.goto(site + path)
  return page.$$eval('.vp-doc :is(h1, h2, h3, h4)[id]', (all, path) => all.map(({ id }) => ({ path, id })), path)
}

async function follow(page, { path, id }) {
  await page.goto('about:blank')
  await page.goto(`${site}${path}#${encodeURIComponent(id)}`)
  await page.evaluate(settled)
  return { path, id, ...(await page.evaluate(standing, id)) }
}

async function inWindows(chromium, width, paths) {
  const opened = async () => (await chromium.newContext({ viewport: { width, height: HEIGHT } })).newPage()
  const headings = []
  const found = []
  await several(paths, async (path, page) => headings.push(...(await namesOf(page, path))), opened)
  const slow = async () => {
    const page = await opened()
    await slowly(page)
    return page
  }
  await several(headings, async (heading, page) => found.push(await follow(page, heading)), slow)
  return found
}

const [site, width, ...paths] = process.argv.slice(2)
const chromium = await browser()
try {
  console.log(JSON.stringify(await inWindows(chromium, Number(width), paths)))
} finally {
  await chromium.close()
}
