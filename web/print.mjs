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
  .vp-doc h1, .vp-doc h2, .vp-doc h3, figcaption, summary { break-after: avoid }
  .vp-doc img, .vp-doc tr { break-inside: avoid }
  .vp-doc .picture { max-width: 120mm; break-inside: avoid }
  .vp-doc button.copy, .vp-doc .header-anchor, .vp-doc span.lang { display: none }
  .vp-doc table { display: table; font-size: 9pt }
`
const FOOT = '<div style="width:100%;font-size:8px;text-align:center;color:#666"><span class="pageNumber"></span></div>'

/** What is in each of these pages. */
async function partsOf(page, addresses) {
  const parts = []
  for (const address of addresses) {
    const answer = await page.goto(address)
    if (!answer.ok()) throw new Error(`${address}: ${answer.status()}`)
    parts.push({ address, html: await page.$eval('.vp-doc > div', (text) => text.innerHTML) })
  }
  return parts
}

/** In the page: one document of all parts, whose links lead from part to part. */
function assemble({ parts, words, looks }) {
  const plain = (address) => address.replace(/\/(index)?(\.html)?$/, '/').replace(/\.html$/, '')
  const names = new Map(parts.map((part, number) => [plain(new URL(part.address).pathname), `part-${number}`]))
  const book = document.createElement('main')
  book.className = 'vp-doc'
  const cover = document.createElement('section')
  cover.className = 'cover'
  cover.append(Object.assign(document.createElement('h1'), { textContent: words.title }),
    Object.assign(document.createElement('p'), { textContent: words.description }))
  book.append(cover)
  for (const [number, part] of parts.entries()) {
    const section = Object.assign(document.createElement('section'), { id: `part-${number}`, className: 'part', innerHTML: part.html })
    for (const one of section.querySelectorAll('[id]')) one.id = `part-${number}-${one.id}`
    for (const link of section.querySelectorAll('a[href]')) {
      const goal = new URL(link.getAttribute('href'), part.address)
      const name = goal.origin === location.origin && names.get(plain(goal.pathname))
      if (name) link.setAttribute('href', `#${name}${goal.hash ? `-${decodeURIComponent(goal.hash.slice(1))}` : ''}`)
    }
    for (const fold of section.querySelectorAll('details')) fold.open = true
    for (const image of section.querySelectorAll('img')) image.loading = 'eager'
    book.append(section)
  }
  document.title = `${words.title}: ${words.subtitle}`
  document.documentElement.classList.remove('dark')
  document.body.replaceChildren(book)
  document.head.append(Object.assign(document.createElement('style'), { textContent: looks }))
  return Promise.all([document.fonts.ready, ...[...document.images].map((image) => image.decode().catch(() => {}))]).then(() => {})
}

async function print(chromium, names, folder, { code, start, words }) {
  const page = await chromium.newPage({ colorScheme: 'light' })
  const parts = await partsOf(page, names.map((name) => new URL(start + name.replace(/index$/, ''), site).href))
  await page.evaluate(assemble, { parts, words, looks: LOOKS })
  const path = `${folder}/minios.${code}.pdf`
  await page.pdf({ path, preferCSSPageSize: true, displayHeaderFooter: true, headerTemplate: '<span></span>', footerTemplate: FOOT, outline: true, tagged: true, timeout: 300_000 })
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
