// SPDX-License-Identifier: MIT
//
// The page `learn` and the lab on a phone:  node phone.mjs SITE WHAT PATH WIDTH   prints what it saw as one line of JSON.

import { browser } from '../../web/browser.mjs'

const [site, what, path, width] = process.argv.slice(2)
const chromium = await browser()
const seen = { trouble: [] }

async function open(ready) {
  const context = await chromium.newContext({ viewport: { width: Number(width), height: 700 }, hasTouch: true, isMobile: true })
  const page = await context.newPage()
  page.on('pageerror', (error) => seen.trouble.push(String(error)))
  await page.goto(`${site}${path}`)
  await page.waitForSelector(ready, { timeout: 300000 })
  return page
}

const LEARN = '.learn[data-phase=ready]'

const looks = {
  /** How many lines each ruler of the file takes. */
  async rulers() {
    const page = await open(LEARN)
    const rulers = new Map()
    const down = (by) =>
      page.evaluate((by) => {
        const scroller = document.querySelector('.cm-scroller')
        const before = scroller.scrollTop
        scroller.scrollTop = by ? before + by : 0
        return scroller.scrollTop - before
      }, by)
    await page.evaluate(() => document.querySelector('.cm-editor').scrollIntoView()) // out of sight it draws nothing
    await down(0)
    for (let by = 1; by > 0; by = await down(200)) {
      await page.waitForTimeout(60)
      const shown = await page.evaluate(() => {
        const lines = [...document.querySelectorAll('.cm-line')].map((one) => [one.textContent, one.getBoundingClientRect().height])
        const one = Math.min(...lines.map(([, height]) => height))
        return lines.filter(([text]) => text.startsWith('/* --')).map(([text, height]) => [text, Math.round(height / one)])
      })
      shown.forEach(([text, lines]) => rulers.set(text, lines))
    }
    return { rulers: [...rulers] }
  },

  /** Where one is before a reload and after it, and after one comes anew. */
  async reload() {
    const page = await open(LEARN)
    const place = () =>
      page.evaluate(() => [window.scrollY, document.querySelector('.cm-scroller').scrollTop, document.querySelector('.learn').dataset.step].map(Number))
    await page.click('.cm-content')
    await page.keyboard.press('Control+End')
    await page.waitForTimeout(100)
    await page.evaluate(() => {
      document.querySelector('.cm-scroller').scrollTop = 300
      window.scrollTo(0, 900)
    })
    await page.waitForTimeout(300)
    const before = await place()
    await page.reload()
    await page.waitForSelector(LEARN, { timeout: 300000 })
    await page.waitForTimeout(500)
    const after = await place()
    await page.evaluate(() => document.querySelector('.cm-content').focus({ preventScroll: true }))
    await page.keyboard.type('/* here */')
    const written = await page.evaluate(() => Object.values(localStorage).some((text) => text.trimEnd().endsWith('/* here */')))
    await page.goto(`${site}${path}?step=1`)
    await page.waitForSelector(LEARN, { timeout: 300000 })
    await page.waitForTimeout(300)
    return { before, after, written, anew: await place() }
  },

  /** The rows of the lab's terminal that begin in the row above. */
  async levels() {
    const page = await open('.lab[data-state=waiting][data-phase=ready]')
    await page.evaluate(() => window.minios.run(['clear', 'bug levels', 'bug levels interrupts']))
    const text = await page.evaluate(() => window.minios.text.replace(/\x1b\[[0-9;]*[A-Za-z]|\r/g, ''))
    const columns = await page.evaluate(() => Math.floor(document.querySelector('.xterm-screen').clientWidth / (document.querySelector('.xterm-char-measure-element').getBoundingClientRect().width / 32)))
    return { columns, text: text.slice(text.lastIndexOf('minios> bug levels\n')) }
  },
}

try {
  console.log(`\n${JSON.stringify({ ...(await looks[what]()), ...seen })}`)
} finally {
  await chromium.close()
}
