// SPDX-License-Identifier: MIT
//
// Goes through the parts of a chapter on a phone, from one to the next, and prints what is in each:
//     node tests/site/parts.mjs ADDRESS FIRST WHOLE

import { browser } from '../../web/browser.mjs'

const HEIGHT = 720
const idsOf = (page) => page.$$eval('.vp-doc :is(h1, h2, h3, h4)[id]', (all) => all.map((one) => one.id))

const [site, first, whole] = process.argv.slice(2)
const chromium = await browser()
try {
  const page = await chromium.newPage({ viewport: { width: 360, height: HEIGHT } })
  const parts = []
  const away = []
  const family = first.replace(/\d+$/, '')
  for (let address = site + first; address.startsWith(site + family); ) {
    await page.goto(address)
    const links = await page.$$eval('.vp-doc a[href]', (all) => all.map((one) => one.href))
    away.push(...links.filter((link) => link.startsWith(site + whole)))
    const tall = await page.evaluate(() => document.querySelector('.vp-doc').getBoundingClientRect().height / window.innerHeight)
    parts.push({ path: address.slice(site.length), ids: await idsOf(page), tall })
    address = await page.$eval('.VPDocFooter a.next', (link) => link.href)
  }
  await page.goto(site + whole)
  console.log(JSON.stringify({ parts, away, whole: await idsOf(page) }))
} finally {
  await chromium.close()
}
