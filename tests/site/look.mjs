// SPDX-License-Identifier: MIT
//
// Looks at pages of the built site in a real browser and prints what it finds, as JSON:
//     node tests/site/look.mjs pages ADDRESS PAGE...        what each page shows, on a desk and on a phone
//     node tests/site/look.mjs visits ADDRESS PAGE...       the pictures of each page, opened one after the other by one reader
//     node tests/site/look.mjs search ADDRESS PAGE WORD     what is found, and where its first line leads
//     node tests/site/look.mjs menus ADDRESS PAGE           the contents and the menu of a phone
//     node tests/site/look.mjs sessions ADDRESS PAGE...     what is shown of tables and of boxes with code and sessions
//     node tests/site/look.mjs checklist ADDRESS PAGE...    what is ticked before, after, and on the other pages
//     node tests/site/look.mjs contrast FOLDER FILE...       which letters of an unpacked EPUB are too faint
//     node tests/site/look.mjs language ADDRESS PAGE        where the other language is, and then the first one again
// ADDRESS ends with a slash; PAGE is a path behind it. It judges nothing: tests/test_site.py does.

import fs from 'node:fs'
import { browser } from '../../web/browser.mjs'
import { alive, opened } from './opened.mjs'
import { several } from './several.mjs'

const AXE = fs.readFileSync(new URL('../../web/node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')
const VIEWS = [
  { name: 'desk', width: 1280, scheme: 'light' },
  { name: 'phone', width: 360, scheme: 'dark' },
]
const SLIDES = 600 // milliseconds until a menu stands still

/** What goes wrong while a page is open, and whom it asks for something. */
function listen(page, site) {
  const heard = { errors: [], foreign: [], failed: [] }
  page.on('pageerror', (error) => heard.errors.push(String(error)))
  page.on('console', (said) => ['error', 'warning'].includes(said.type()) && heard.errors.push(said.text()))
  page.on('request', (request) => /^(data|blob):/.test(request.url()) || request.url().startsWith(site) || heard.foreign.push(request.url()))
  page.on('response', (response) => response.ok() || response.status() === 304 || heard.failed.push(`${response.status()} ${response.url()}`))
  page.on('requestfailed', (request) => request.failure().errorText === 'net::ERR_ABORTED' || heard.failed.push(request.url())) // aborted: the reader went on
  return heard
}

/** What does not fit into the window, and by how much; what scrolls for itself may be wide. */
const tooWide = () => {
  const room = document.documentElement.clientWidth
  const scrolls = (node) => node && (/auto|scroll|hidden/.test(getComputedStyle(node).overflowX) || scrolls(node.parentElement))
  const wide = [...document.body.querySelectorAll('*')].filter((node) => node.getBoundingClientRect().right > room + 1 && !scrolls(node.parentElement))
  return { by: document.documentElement.scrollWidth - room, what: wide.slice(0, 5).map((node) => node.outerHTML.slice(0, 120)) }
}

/** What is drawn into the page: how large its letters are at least, and which of them an arrow runs through, or were
 * drawn before their font was there. */
const drawnPictures = () =>
  [...document.querySelectorAll('.picture-room svg')].filter((svg) => svg.checkVisibility()).map((svg) => {
    const box = svg.getBoundingClientRect()
    const scale = box.width / svg.viewBox.baseVal.width
    const texts = [...svg.querySelectorAll('text')]
    const points = [...svg.querySelectorAll('.pointer')].flatMap((arrow) =>
      Array.from({ length: Math.ceil(arrow.getTotalLength() / 2) }, (_, n) => arrow.getPointAtLength(2 * n).matrixTransform(arrow.getScreenCTM())),
    )
    const heads = [...svg.querySelectorAll('.head')].map((head) => head.getBoundingClientRect())
    const crossed = texts.filter((text) => {
      const { left, right, top, bottom } = text.getBoundingClientRect()
      const under = heads.some((head) => head.left < right && left < head.right && head.top < bottom - 1 && top + 1 < head.bottom)
      return under || points.some(({ x, y }) => left < x && x < right && top + 3 < y && y < bottom - 3)
    })
    const stale = texts.filter((text) => {
      const fresh = svg.appendChild(text.cloneNode(true))
      fresh.style.fontFeatureSettings = '"kern" 99' // nobody has asked for these letters in this way, so none are remembered
      const differs = Math.abs(fresh.getComputedTextLength() - text.getComputedTextLength()) > 0.1
      fresh.remove()
      return differs
    })
    return {
      stale: stale.map((text) => text.textContent),
      src: svg.querySelector('title').id,
      alt: svg.querySelector('desc').textContent,
      drawn: box.width > 0,
      beyond: svg.parentElement.scrollWidth - svg.parentElement.clientWidth,
      letters: Math.min(...texts.map((text) => parseFloat(getComputedStyle(text).fontSize))) * scale,
      crossed: crossed.map((text) => text.textContent),
    }
  })

const pictures = () => [...document.images].map((image) => ({ src: image.currentSrc, alt: image.alt, drawn: image.complete && image.naturalWidth > 0, letters: 12, beyond: 0, crossed: [], stale: [] }))

/** Cells that say the name of their column, and whose column has none. */
const nameless = () =>
  [...document.querySelectorAll('.vp-doc td')].filter((cell) => getComputedStyle(cell, '::before').content !== 'none' && !cell.dataset.of).map((cell) => cell.outerHTML.slice(0, 120))

/** Puts all Bengali words of a style together into one new element, for each style of this page. */
const gatherBengali = () => {
  const styles = new Map()
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const place = texts.currentNode.parentElement
    const words = place.checkVisibility() ? texts.currentNode.data.match(/[\u0964\u0980-\u09ff\u200c\u200d]+/g) : null
    const { fontFamily, fontWeight, fontStyle } = getComputedStyle(place)
    const name = `${fontFamily} ${fontWeight} ${fontStyle}`
    if (words) styles.set(name, { place, words: new Set([...(styles.get(name)?.words ?? []), ...words]) })
  }
  for (const { place, words } of styles.values()) {
    const sample = document.createElementNS(place.namespaceURI, place.closest('svg') ? 'tspan' : 'span')
    sample.setAttribute('class', 'all-bengali')
    sample.textContent = [...words].join('')
    place.append(sample)
  }
  return [...document.querySelectorAll('.all-bengali')].map(({ textContent, parentElement }) =>
    ({ letters: textContent.length, beside: parentElement.outerHTML.slice(0, 80) }))
}

/** The fonts that really draw the Bengali of this page, and whether they came with the site. */
async function fonts(page) {
  const found = await page.evaluate(gatherBengali)
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => document.fonts.ready.then(drawn))))
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('DOM.enable')
  await devtools.send('CSS.enable')
  const { root } = await devtools.send('DOM.getDocument', { depth: 0 })
  const { nodeIds } = await devtools.send('DOM.querySelectorAll', { nodeId: root.nodeId, selector: '.all-bengali' })
  for (const [number, nodeId] of nodeIds.entries()) {
    const { fonts } = await devtools.send('CSS.getPlatformFontsForNode', { nodeId })
    found[number].fonts = fonts.map((font) => `${font.familyName}${font.isCustomFont ? '' : ' of this machine'}`)
  }
  await devtools.detach()
  await page.evaluate(() => document.querySelectorAll('.all-bengali').forEach((sample) => sample.remove()))
  return found
}

async function axe(page) {
  await page.evaluate(AXE)
  const told = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'], elementRef: false }))
  return told.violations.map(({ id, nodes }) => ({ id, many: nodes.length, where: nodes.slice(0, 3).map((node) => `${node.target.join(' ')} ${node.any[0]?.message ?? node.failureSummary}`) }))
}

const contextOf = (chromium, { width, scheme }) =>
  chromium.newContext({ viewport: { width, height: 800 }, colorScheme: scheme, reducedMotion: 'reduce' })

async function open(chromium, site, path, view) {
  const page = await (await contextOf(chromium, view)).newPage()
  const heard = listen(page, site)
  const answer = await opened(page, site + path)
  return { page, heard, status: answer.status() }
}

/** In a tab of its own of a reader who has seen others. */
async function look(reader, site, path, view) {
  const page = await reader.newPage()
  const heard = listen(page, site)
  const answer = await opened(page, site + path)
  await page.evaluate(() => document.querySelectorAll('img').forEach((image) => (image.loading = 'eager')))
  await page.waitForFunction(() => [...document.images].every((image) => image.complete))
  const found = { path, view: view.name, status: answer.status(), heard }
  found.lang = await page.evaluate(() => document.documentElement.lang)
  found.dark = await page.evaluate(() => document.documentElement.classList.contains('dark'))
  found.twin = await page.$$eval('.VPNavBarTranslations .items a', (links) => links.map((link) => link.getAttribute('href')))
  found.links = await page.$$eval('a[href]', (links) => links.map((link) => link.href))
  found.ids = await page.$$eval('[id]', (named) => named.map((one) => one.id))
  found.wide = await page.evaluate(tooWide)
  found.pictures = [...(await page.evaluate(pictures)), ...(await page.evaluate(drawnPictures))]
  found.nameless = await page.evaluate(nameless)
  found.fonts = await fonts(page)
  found.axe = await axe(page)
  await page.close()
  return found
}

async function pages(chromium, site, ...paths) {
  const found = []
  for (const view of VIEWS) {
    const reader = await contextOf(chromium, view)
    await several(paths, async (path) => found.push(await look(reader, site, path, view)))
    await reader.close()
  }
  return found
}

async function visits(chromium, site, first, ...others) {
  const { page } = await open(chromium, site, first, VIEWS[0])
  const found = await page.evaluate(drawnPictures)
  for (const path of others) {
    await opened(page, site + path)
    found.push(...(await page.evaluate(drawnPictures)))
  }
  return found
}

async function search(chromium, site, path, word) {
  const { page, heard } = await open(chromium, site, path, VIEWS[0])
  await page.click('.VPNavBarSearchButton, #local-search button')
  await page.fill('.VPLocalSearchBox input', word)
  const typedIn = await page.$eval('.VPLocalSearchBox input', (field) => getComputedStyle(field).fontFamily)
  await page.waitForSelector('.VPLocalSearchBox a.result')
  const found = { heard, typedIn, results: await page.$$eval('.VPLocalSearchBox a.result', (links) => links.map((link) => link.href)) }
  found.titles = await page.$$eval('.VPLocalSearchBox a.result', (links) => links.map((link) => link.querySelector('.title.main').textContent.trim()))
  found.axe = await axe(page)
  const first = await page.getAttribute('.VPLocalSearchBox a.result', 'href')
  await page.click('.VPLocalSearchBox a.result')
  await page.waitForURL(new URL(first, site).href)
  await page.reload() // what was found is there for whoever keeps its address, too
  return { ...found, address: page.url(), text: await page.innerText('.vp-doc') }
}

/** What a phone hides until it is asked for. */
async function menus(chromium, site, path) {
  const { page, heard } = await open(chromium, site, path, VIEWS[1])
  await page.click('.VPLocalNav .menu')
  await page.waitForSelector('.VPSidebar.open')
  await page.waitForTimeout(SLIDES)
  const found = { heard, contents: await page.$$eval('.VPSidebar a', (links) => links.map((link) => link.href)), axe: await axe(page) }
  await page.click('.VPBackdrop', { position: { x: 350, y: 400 } })
  await page.click('.VPNavBarHamburger')
  await page.waitForSelector('.VPNavScreen')
  await page.waitForTimeout(SLIDES)
  await page.click('.VPNavScreenTranslations button')
  found.axe.push(...(await axe(page)))
  found.wide = await page.evaluate(tooWide)
  await page.click('.VPNavScreenTranslations .list a')
  await page.waitForURL((address) => address.href !== site + path)
  return { ...found, address: page.url() }
}

/** Each table and box on the page: by how much it has to be pushed sideways, of its broken lines how many carry the mark, which lines
 * begin elsewhere than their indent says, which rows of a map are broken before the row is full, and which lines go on further to
 * the left than they began; and of a table the cells that are too narrow for what they say. At last the short pieces of code that stand in two lines. */
const boxes = () => {
  const firstOf = (line) => {
    const texts = document.createTreeWalker(line, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) {
      const at = texts.currentNode.data.search(/\S/)
      const range = document.createRange()
      if (at >= 0) range.setStart(texts.currentNode, at)
      if (at >= 0) range.setEnd(texts.currentNode, at + 1)
      if (at >= 0) return range.getBoundingClientRect()
    }
  }
  const strays = (line) => {
    const first = firstOf(line)
    const indent = getComputedStyle(line).whiteSpace === 'normal' ? 0 : Math.min(/^ */.exec(line.textContent)[0].length, innerWidth < 640 ? 20 : 80)
    return first && Math.abs(first.left - line.getBoundingClientRect().left - indent * first.width) > 1
  }
  const early = (line) => {
    const range = document.createRange()
    range.selectNodeContents(line)
    const rows = [...range.getClientRects()]
    const reached = Math.max(...rows.filter(({ top }) => top < rows[0].bottom - 2).map(({ right }) => right))
    return line.getBoundingClientRect().right - reached > 2 * firstOf(line).width
  }
  const ragged = (line) => {
    const column = /^(?:(?: *[a-z]+ {2,}|lesson \([\d.]+\) )(?=\S)(?!.* {2})|[+-] +(?=\S))/.exec(line.textContent)?.[0].length ?? 0
    const range = document.createRange()
    range.selectNodeContents(line)
    const rows = [...range.getClientRects()]
    const left = Math.min(...rows.filter(({ top }) => top > rows[0].bottom - 2).map((row) => row.left))
    return left < line.getBoundingClientRect().left + (Math.min(column, 20) - 0.5) * firstOf(line).width
  }
  const narrow = (table) => {
    const cells = [...table.querySelectorAll('td')].filter((cell) => cell.textContent.length > 60 && cell.getBoundingClientRect().width < 140)
    return cells.map((cell) => cell.textContent)
  }
  const torn = [...document.querySelectorAll('.vp-doc :is(p, li) > code.short')].filter((code) => code.getClientRects().length > 1)
  const words = { begins: '', beyond: 0, broken: 0, marked: 0, letters: 12, stray: [], short: torn.map((code) => code.textContent) }
  const tables = [...document.querySelectorAll('.vp-doc table')].map((table) => {
    const letters = Math.min(...[...table.querySelectorAll('td')].map((cell) => parseFloat(getComputedStyle(cell).fontSize)))
    return { begins: table.textContent.slice(0, 40), beyond: table.scrollWidth - table.clientWidth, broken: 0, marked: 0, letters, stray: [], short: narrow(table) }
  })
  const fences = [...document.querySelectorAll('.vp-doc pre')].map((pre) => {
    const all = [...pre.querySelectorAll('.line')].filter((line) => line.checkVisibility())
    const height = Math.min(...all.map((line) => line.getBoundingClientRect().height))
    const broken = all.filter((line) => line.getBoundingClientRect().height > 1.5 * height)
    const marked = broken.filter((line) => getComputedStyle(line, '::before').content.includes('\u21b3'))
    const letters = parseFloat(getComputedStyle(pre.querySelector('code')).fontSize)
    const beyond = [pre, ...all].map((one) => one.scrollWidth - one.clientWidth)
    const told = (lines) => lines.map((line) => line.textContent)
    const [stray, short] = [told(all.filter(strays)), told(broken.filter((line) => (line.matches('.map') && early(line)) || ragged(line)))]
    return { begins: pre.textContent.slice(0, 40), beyond: Math.max(...beyond), broken: broken.length, marked: marked.length, letters, stray, short }
  })
  return [...tables, ...fences, words]
}

/** Each page is opened once: how wide its window is decides the layout alone, and no script of a page. */
async function sessions(chromium, site, ...paths) {
  const found = []
  const reader = await contextOf(chromium, { width: 360, scheme: 'light' })
  const look = async (path, page) => {
    await page.goto(site + path)
    for (const width of [360, 375, 768, 1440]) {
      await page.setViewportSize({ width, height: 800 })
      found.push(...(await page.evaluate(boxes)).map((box) => ({ path, width, ...box })))
    }
  }
  await several(paths, look, () => reader.newPage())
  return found
}

async function checklist(chromium, site, path, ...others) {
  const { page, heard } = await open(chromium, site, path, VIEWS[1])
  const boxes = page.locator('.vp-doc .task input[type=checkbox]')
  const ticked = () => boxes.evaluateAll((all) => all.flatMap((box, n) => (box.checked ? [n] : [])))
  const found = { heard, boxes: await boxes.count(), ticked: [await ticked()] }
  for (const n of [0, 2]) await page.locator('.vp-doc .task label').nth(n).click()
  for (const place of [path, ...others]) {
    await opened(page, site + place)
    found.ticked.push(await ticked())
  }
  await boxes.nth(2).uncheck()
  await page.reload({ waitUntil: 'networkidle' })
  await alive(page)
  return { ...found, undone: await ticked() }
}

/** Boxes of code that a reader would have to push sideways. */
const cut = () => [...document.querySelectorAll('pre, .sourceCode')].filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => box.textContent.slice(0, 80))

/** What axe says of the colours of these files of an EPUB, which has no site; and what is cut off on a narrow screen. */
async function contrast(chromium, folder, ...files) {
  const found = {}
  const page = await chromium.newPage({ viewport: { width: 420, height: 800 } })
  for (const file of files) {
    await page.goto(`file://${folder}/${file}`)
    await page.evaluate(AXE)
    const told = await page.evaluate(() => window.axe.run(document, { runOnly: ['color-contrast'], elementRef: false }))
    found[file] = { cut: await page.evaluate(cut), read: told.passes.flatMap(({ nodes }) => nodes).length, faint: told.violations.flatMap(({ nodes }) => nodes.slice(0, 3).map((node) => node.html)) }
  }
  return found
}

async function language(chromium, site, path) {
  const { page, heard } = await open(chromium, site, path, VIEWS[0])
  const seen = []
  for (let times = 0; times < 2; times++) {
    await page.click('.VPNavBarTranslations button')
    const before = await page.getAttribute('html', 'lang')
    await page.click('.VPNavBarTranslations .items a')
    await page.waitForFunction((lang) => document.documentElement.lang !== lang, before)
    seen.push({ address: page.url(), lang: await page.evaluate(() => document.documentElement.lang) })
  }
  return { heard, seen }
}

const [task, site, ...rest] = process.argv.slice(2)
const chromium = await browser()
try {
  console.log(JSON.stringify(await { pages, visits, search, menus, sessions, checklist, contrast, language }[task](chromium, site, ...rest), null, 1))
} finally {
  await chromium.close()
}
