// SPDX-License-Identifier: MIT
//
// Prints the built site into one PDF a language:  node print.mjs http://127.0.0.1:PORT/ FOLDER   FOLDER/order.json tells
// which pages, in which order.
// Chromium does it, because it shapes Bengali rightly. All pages come into one document, in the order of the sidebar.

import fs from 'node:fs'
import { browser } from './browser.mjs'
import bengali from './.vitepress/words.bn.json' with { type: 'json' }
import english from './.vitepress/words.en.json' with { type: 'json' }

const LANGUAGES = [
  { code: 'bn', start: '', words: bengali },
  { code: 'en', start: 'en/', words: english },
]
const LOOKS = `
  @page { size: A4; margin: 20mm 18mm 22mm }
  body { background: #fff; font-size: 10.5pt }
  .vp-doc { max-width: none }
  .vp-doc p, .vp-doc li { line-height: 1.65 !important }
  .part { break-before: page }
  .cover { height: 230mm; display: flex; flex-direction: column; justify-content: center; text-align: center }
  .cover h1 { font-size: 40pt; border: 0 }
  .vp-doc pre, .vp-doc pre code { white-space: pre-wrap !important; font-size: 8pt !important; line-height: 1.4 !important }
  .vp-doc pre { padding: 6pt 0 !important }
  .vp-doc pre, .vp-doc div[class*='language-'] { overflow: visible !important }
  .vp-doc figure.fence > figcaption { padding: 2pt 16px; font-size: 8pt }
  .vp-doc h1, .vp-doc h2, .vp-doc h3, figcaption, summary { break-after: avoid }
  .vp-doc h2 { margin-top: 24pt; padding-top: 12pt }
  .whole { break-inside: avoid }
  .vp-doc p:has(+ .whole), .vp-doc p:has(+ table) { break-after: avoid }
  .vp-doc img, .vp-doc tr { break-inside: avoid }
  .vp-doc .picture { max-width: 120mm; break-inside: avoid }
  .vp-doc button.copy, .vp-doc .try-it, .vp-doc .header-anchor, .vp-doc span.lang { display: none }
  .vp-doc table { display: table; font-size: 9pt }
  .contents ul { list-style: none; padding-left: 0 }
  .contents li { margin: 0 !important }
  .contents a { color: inherit !important; text-decoration: none !important }
  .contents .inner { padding-left: 16pt; font-size: 9.5pt }
`
const FOOT = '<div style="width:100%;font-size:8px;text-align:center;color:#666"><span class="pageNumber"></span></div>'

/** What is in each of these pages. */
async function partsOf(page, start, pages) {
  const parts = []
  for (const { name, title, parts: cut } of pages) {
    const address = new URL(start + name.replace(/index$/, ''), site).href
    const answer = await page.goto(address)
    if (!answer.ok()) throw new Error(`${address}: ${answer.status()}`)
    const addresses = [address, ...cut.map((one) => new URL(start + one, site).href)]
    parts.push({ name, title, addresses, html: await page.$eval('.vp-doc > div', (text) => text.innerHTML) })
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
function sectionOf({ html }, number) {
  const section = make('section', { id: `part-${number}`, className: 'part', innerHTML: html })
  const ids = new Map()
  for (const [at, named] of section.querySelectorAll('[id]').entries()) {
    ids.set(named.id, `part-${number}-${at}`)
    named.id = `part-${number}-${at}`
  }
  for (const fold of section.querySelectorAll('details')) fold.open = true
  for (const image of section.querySelectorAll('img')) image.loading = 'eager'
  for (const fence of section.querySelectorAll('pre')) {
    const whole = fence.querySelectorAll('.line').length <= 24 // lines; a longer listing may be broken into two pages
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
  const line = (text, id, className = '') => make('li', { className }, make('a', { href: `#${id}`, textContent: text.replace(/\u200b/g, '').trim() }))
  const lines = made.flatMap(({ section }, number) => {
    const inner = /^chapter-/.test(parts[number].name) ? [...section.querySelectorAll('h2[id]')] : []
    return [line(parts[number].title, section.id), ...inner.map((heading) => line(heading.textContent, heading.id, 'inner'))]
  })
  return make('section', { className: 'part contents' }, make('h1', { textContent: words.contents }), make('ul', {}, ...lines))
}

function assemble({ parts, words, looks }) {
  const made = parts.map(sectionOf)
  turnLinks(made, parts)
  const cover = make('section', { className: 'cover' }, make('h1', { textContent: words.title }), make('p', { textContent: words.description }))
  const book = make('main', { className: 'vp-doc' }, cover, contentsOf(made, parts, words), ...made.map(({ section }) => section))
  document.title = `${words.title}: ${words.subtitle}`
  document.documentElement.classList.remove('dark')
  document.body.replaceChildren(book)
  document.head.append(make('style', { textContent: looks }))
  return Promise.all([document.fonts.ready, ...[...document.images].map((image) => image.decode().catch(() => {}))]).then(() => {})
}

const IN_THE_PAGE = [make, sectionOf, turnLinks, contentsOf].join('\n')

// --- on paper

async function print(chromium, pages, folder, { code, start, words }) {
  const page = await chromium.newPage({ colorScheme: 'light' })
  const parts = await partsOf(page, start, pages)
  await page.addScriptTag({ content: IN_THE_PAGE })
  await page.evaluate(assemble, { parts, words, looks: LOOKS })
  const options = { preferCSSPageSize: true, printBackground: true, outline: true, tagged: true, timeout: 300_000 }
  const frame = { displayHeaderFooter: true, headerTemplate: '<span></span>', footerTemplate: FOOT }
  await page.pdf({ path: `${folder}/minios.${code}.pdf`, ...options, ...frame })
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
