// SPDX-License-Identifier: MIT
//
// Prints the built site into one PDF a language:  node print.mjs http://127.0.0.1:PORT/ FOLDER   FOLDER/order.json tells
// which pages, in which order.
// Chromium does it, because it shapes Bengali rightly. All pages come into one document, in the order of the sidebar.

import fs from 'node:fs'
import { browser } from './browser.mjs'
import { placesIn, withWords } from './paper.mjs'
import bengali from './.vitepress/words.bn.json' with { type: 'json' }
import english from './.vitepress/words.en.json' with { type: 'json' }

const LANGUAGES = [
  { code: 'bn', start: '', words: bengali },
  { code: 'en', start: 'en/', words: english },
]
const PAPER = { width: 794, height: 1123 } // A4, in the pixels of a screen
const COVER_SCALE = 2 // pixels of the cover's picture to one of a screen; more in the PDF itself would make it twice as heavy
const HALF = 424 // points above the lower edge: the middle of what is written on a page
const LOOKS = `
  @page { size: A4; margin: 20mm 18mm 22mm; @bottom-center { content: counter(page); color: #555; font: 9pt 'Noto Sans Bengali', sans-serif } }
  @page cover { margin: 0; @bottom-center { content: '' } }
  body { background: #fff; font-size: 10.5pt }
  .vp-doc { max-width: none }
  .vp-doc p, .vp-doc li { line-height: 1.65 !important }
  .opens { break-before: page }
  .part { position: relative }
  .part:not(.opens) { margin-top: 36pt }
  .end { position: absolute; bottom: 0 } /* takes no line, which might be the only one of a new page */
  .cover { page: cover; height: 296mm; padding: 52mm 22mm 24mm 34mm; display: flex; flex-direction: column; position: relative;
           background: #f4f7fb; break-after: page; print-color-adjust: exact }
  .cover::before { content: ''; position: absolute; inset: 0 auto 0 0; width: 12mm; background:
    linear-gradient(#fff 0 52%, #e69f00 52% 52.6%, #8fd3bd 52.6% 56%, #9ad0f5 56% 74%, #8fd3bd 74% 77.4%, #9ad0f5 77.4% 96.6%, #8fd3bd 96.6%) }
  .cover h1 { margin: 0; border: 0; font-size: 54pt; line-height: 1.1 }
  .cover h2 { margin: 8pt 0 0; padding: 0; border: 0; font-size: 22pt; font-weight: 400 }
  .cover .picture { width: 130mm; max-width: none; margin: 30mm 0 0 }
  .cover .picture .picture-room { border: 0; border-radius: 3mm }
  .cover .picture svg { width: 100% !important; max-width: none !important; max-height: none }
  .cover p { max-width: 120mm; margin-top: auto; font-size: 13pt; line-height: 1.6 }
  .vp-doc pre, .vp-doc pre code { white-space: pre-wrap !important; font-size: 8pt !important; line-height: 1.4 !important }
  .vp-doc pre { padding: 6pt 0 !important }
  .vp-doc pre, .vp-doc div[class*='language-'] { overflow: visible !important }
  .vp-doc figure.fence > figcaption { padding: 2pt 16px; font-size: 8pt }
  .vp-doc h1, .vp-doc h2, .vp-doc h3, figcaption, summary { break-after: avoid; break-inside: avoid }
  .vp-doc h2 { margin-top: 24pt; padding-top: 12pt }
  .whole { break-inside: avoid }
  .vp-doc p:has(+ :is(figure, div, table, ul, ol)), .vp-doc p:has(+ p > .picture) { break-after: avoid } /* says what comes */
  .vp-doc img, .vp-doc tr { break-inside: avoid }
  .vp-doc .picture { max-width: 150mm; break-inside: avoid }
  .picture-room.wide { display: block } .picture-room.tall { display: none }
  .vp-doc .picture svg { width: auto; min-width: 0 !important; max-width: 100%; max-height: 188mm } /* below a heading */
  .vp-doc button.copy, .vp-doc .try-it, .vp-doc .header-anchor, .vp-doc span.lang { display: none }
  .vp-doc table { display: table; font-size: 9pt }
  .ends { position: absolute; inset: 0 auto auto 0; font-size: 1px; line-height: 1px; opacity: 0 }
  .contents ul { list-style: none; padding-left: 0 }
  .contents li { margin: 0 !important }
  .contents li a { font-size: 10pt; line-height: 13pt !important }
  .contents a { display: flex; gap: 6pt; align-items: baseline; color: inherit !important; text-decoration: none !important }
  .contents a::after { content: attr(data-page); min-width: 16pt; text-align: right }
  .contents a > span { flex: 1; border-bottom: 1px dotted #999 }
  .contents .inner { padding-left: 16pt }
  .contents .inner a { font-size: 9pt; line-height: 12pt !important }
`

/** What is in each of these pages. */
async function partsOf(page, start, pages) {
  const parts = []
  for (const { name, title, group, parts: cut } of pages) {
    const address = new URL(start + name.replace(/index$/, ''), site).href
    const answer = await page.goto(address)
    if (!answer.ok()) throw new Error(`${address}: ${answer.status()}`)
    const addresses = [address, ...cut.map((one) => new URL(start + one, site).href)]
    parts.push({ name, title, group, addresses, html: await page.$eval('.vp-doc > div', (text) => text.innerHTML) })
  }
  return parts
}

// --- in the page: one document of all parts, whose links lead from part to part

function make(tag, properties, ...inner) {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...inner)
  return element
}

/** A part and the new ids of what had one: short, and no other part has them. */
function sectionOf({ html, name, group }, number, parts) {
  const section = make('section', { id: `part-${number}`, className: 'part', innerHTML: html })
  const picture = section.querySelector('.picture :is(img, svg)')
  const tall = Number(picture?.getAttribute('height')) > Number(picture?.getAttribute('width')) // fills a page with its heading
  if (tall || group !== parts[number - 1]?.group || /^chapter-/.test(name)) section.classList.add('opens') // the others follow
  section.classList.toggle('tall', tall)
  const ids = new Map()
  for (const [at, named] of section.querySelectorAll('[id]:not(svg *)').entries()) { // those in a picture are its own
    ids.set(named.id, `part-${number}-${at}`)
    named.id = `part-${number}-${at}`
  }
  section.append(make('span', { id: `part-${number}-end`, className: 'end' }))
  for (const fold of section.querySelectorAll('details')) fold.open = true
  for (const image of section.querySelectorAll('img')) image.loading = 'eager'
  for (const fence of section.querySelectorAll('pre')) {
    const whole = fence.querySelectorAll('.line').length <= 12 // lines; a longer listing may be broken into two pages
    if (whole) (fence.closest('figure') ?? fence.parentElement).classList.add('whole')
  }
  return { section, ids }
}

function turnLinks(made, parts) {
  const plain = (address) => new URL(address).pathname.replace(/\/(index)?(\.html)?$/, '/').replace(/\.html$/, '')
  const places = new Map(parts.flatMap(({ addresses }, number) => addresses.map((address) => [plain(address), made[number]])))
  for (const [number, { section }] of made.entries()) {
    for (const link of section.querySelectorAll('a[href]')) {
      const goal = new URL(link.getAttribute('href'), parts[number].addresses[0])
      const place = places.get(plain(goal.href))
      if (goal.origin !== location.origin) continue
      if (!place) link.removeAttribute('href')
      else link.setAttribute('href', `#${place.ids.get(decodeURIComponent(goal.hash.slice(1))) ?? place.section.id}`)
    }
  }
}

/** The contents: every part, and the sections of the chapters. */
function contentsOf(made, parts, words) {
  const line = (text, id, className = '') => make('li', { className }, make('a', { href: `#${id}` }, text.replace(/\u200b/g, '').trim(), make('span')))
  const lines = made.flatMap(({ section }, number) => {
    const inner = /^chapter-/.test(parts[number].name) ? [...section.querySelectorAll('h2[id]')] : []
    return [line(parts[number].title, section.id), ...inner.map((heading) => line(heading.textContent, heading.id, 'inner'))]
  })
  return make('section', { className: 'part opens contents' }, make('h1', { textContent: words.contents }), make('ul', {}, ...lines))
}

/** Links to where each part ends, only to learn where that is: a PDF tells of no place to which nothing leads. */
function endsOf(made) {
  return make('nav', { className: 'ends' }, ...made.map((_, number) => make('a', { href: `#part-${number}-end` }, '.')))
}

/** The first part that would leave the page in front of it less than half full follows on that page; whether there is one. */
function joined({ places, half }) {
  const parts = [...document.querySelectorAll('.part.opens:not(.tall)')]
  const lonely = parts.find(({ id, previousElementSibling: before }) => {
    const end = places[`${before.id}-end`]
    return end && end.page < places[id].page && end.above > half
  })
  lonely?.classList.remove('opens')
  return Boolean(lonely)
}

/** Title, picture and one sentence; the picture is that of the first page. */
function coverOf(made, words) {
  const heading = [make('h1', { textContent: words.title }), make('h2', { textContent: words.subtitle })]
  const picture = made[0].section.querySelector('.picture-room').cloneNode(true)
  return make('section', { className: 'cover' }, ...heading, make('div', { className: 'picture' }, picture), make('p', { textContent: words.description }))
}

function assemble({ parts, words, looks }) {
  const made = parts.map(sectionOf)
  turnLinks(made, parts)
  const cover = coverOf(made, words)
  const contents = contentsOf(made, parts, words)
  contents.append(endsOf(made))
  const book = make('main', { className: 'vp-doc' }, cover, contents, ...made.map(({ section }) => section))
  document.title = `${words.title}: ${words.subtitle}`
  document.documentElement.classList.remove('dark')
  document.body.replaceChildren(book)
  document.head.append(make('style', { textContent: looks }))
  return Promise.all([document.fonts.ready, ...[...document.images].map((image) => image.decode().catch(() => {}))]).then(() => {})
}

/** What a picture is filled with and has not: it would be printed without its colours. */
const lostFills = () =>
  [...document.querySelectorAll('svg [fill^="url(#"]')].map((one) => one.getAttribute('fill').slice(5, -1)).filter((id) => !document.getElementById(id))

const IN_THE_PAGE = [make, sectionOf, turnLinks, contentsOf, endsOf, coverOf].join('\n')

// --- on paper

const OPTIONS = { preferCSSPageSize: true, printBackground: true, outline: true, tagged: true, timeout: 300_000 }

/** Where each part lies, once none leaves a page nearly empty; known only when it was printed. */
async function settle(page) {
  for (;;) {
    const places = await placesIn(await page.pdf(OPTIONS))
    if (!(await page.evaluate(joined, { places, half: HALF }))) return places
  }
}

/** The cover, as a picture for the EPUB. */
async function photograph(page, path) {
  const { x, y, width, height } = await page.locator('.cover').boundingBox()
  const devtools = await page.context().newCDPSession(page)
  const shot = await devtools.send('Page.captureScreenshot', { clip: { x, y, width, height: Math.floor(height), scale: COVER_SCALE } })
  await devtools.detach()
  fs.writeFileSync(path, Buffer.from(shot.data, 'base64'))
}

async function print(chromium, pages, folder, { code, start, words }) {
  const page = await chromium.newPage({ colorScheme: 'light', viewport: PAPER })
  const parts = await partsOf(page, start, pages)
  await page.addScriptTag({ content: IN_THE_PAGE })
  await page.evaluate(assemble, { parts, words, looks: LOOKS })
  const lost = await page.evaluate(lostFills)
  if (lost.length) throw new Error(`no picture has ${lost[0]}, with which one is filled`)
  await photograph(page, `${folder}/cover.${code}.png`)
  const places = await settle(page)
  await page.$$eval('.contents a[href]', (links, places) => links.forEach((link) => (link.dataset.page = places[link.hash.slice(1)].page)), places)
  await page.$eval('.ends', (ends) => ends.remove())
  const printed = await page.pdf(OPTIONS)
  const last = await placesIn(printed)
  if (Object.keys(last).some((name) => last[name].page !== places[name].page)) throw new Error('the contents took room of their own')
  fs.writeFileSync(`${folder}/minios.${code}.pdf`, await withWords(printed))
  console.log(`  printed    build/book/minios.${code}.pdf, ${parts.length} pages of the site`)
  await page.close()
}

const [site, folder] = process.argv.slice(2)
if (!folder) {
  console.error('usage: node print.mjs http://127.0.0.1:PORT/ FOLDER')
  process.exit(2)
}
const order = JSON.parse(fs.readFileSync(`${folder}/order.json`, 'utf8'))
const chromium = await browser()
try {
  for (const language of LANGUAGES) await print(chromium, order[language.code], folder, language)
} finally {
  await chromium.close()
}
