// SPDX-License-Identifier: MIT
//
// Interrupts and the timer in the lab's page:  node timer.mjs SITE WHAT PATH [WIDTH]   prints what it saw as one line of JSON.

import fs from 'node:fs'
import { browser } from '../../web/browser.mjs'
import { bootAnew, continueHere, settled, step } from './shown.mjs'

const [site, what, path, width = '1280'] = process.argv.slice(2)
const AXE = fs.readFileSync(new URL('../../web/node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')
const chromium = await browser()
const seen = { trouble: [], foreign: [] }

async function started(options = {}) {
  const context = await chromium.newContext({ viewport: { width: Number(width), height: 900 }, ...options })
  const page = await context.newPage()
  page.on('console', (message) => message.type() === 'error' && seen.trouble.push(message.text()))
  page.on('pageerror', (error) => seen.trouble.push(String(error)))
  page.on('request', (request) => !/^(data|blob):/.test(request.url()) && !request.url().startsWith(site) && seen.foreign.push(request.url()))
  await page.goto(`${site}${path}`)
  await page.waitForSelector('.lab[data-state=waiting][data-phase=ready]', { timeout: 300000 })
  await settled(page)
  return page
}

async function run(page, ...lines) {
  await page.evaluate((lines) => window.minios.run(lines), lines)
  await settled(page)
}

const ticks = (page) => page.evaluate(() => Number(document.querySelector('[data-ticks]').textContent.replace(/\D/g, '')))
const counted = (page) => page.evaluate(() => window.minios.now('ticks'))
const interrupts = (page) => page.evaluate(() => window.minios.history.interrupts())
const SLOW = '.lab-clock button'

/** Each mark by where it stands, against the place of the slider's thumb at that step. */
async function marks(page) {
  return page.evaluate(() => {
    const [range, ...drawn] = [document.querySelector('.lab-range input'), ...document.querySelectorAll('.lab-marks i')].map((one) => one.getBoundingClientRect())
    const middle = (box) => box.x + box.width / 2
    const thumb = (n) => range.x + 8 + ((range.width - 16) * n) / document.querySelector('.lab-range input').max
    return window.minios.history.interrupts().map((n, i) => middle(drawn[i]) - thumb(n))
  })
}

const looks = {
  /** Forth and back from one interrupt to the next, by the keyboard alone; what is said of each. */
  async marks() {
    const page = await started()
    const before = await page.locator('.lab-marks, .lab-interrupts').count()
    await run(page, 'alloc 100', 'bug race', 'alloc 13')
    const wanted = await interrupts(page)
    const off = await marks(page)
    const buttons = page.locator('.lab-interrupts button')
    const back = []
    await buttons.first().focus()
    while (await buttons.first().isEnabled()) {
      await page.keyboard.press('Enter')
      await settled(page)
      back.push(await page.evaluate(() => [Number(document.querySelector('.lab-range input').value), document.querySelectorAll('.lab-mark-here').length]))
    }
    const said = [await step(page), await page.getAttribute('.lab-range input', 'aria-valuetext')]
    await buttons.last().click()
    await settled(page)
    const forth = await page.evaluate(() => Number(document.querySelector('.lab-range input').value))
    await page.locator('.lab-marks i').first().click()
    await settled(page)
    const clicked = await page.evaluate(() => Number(document.querySelector('.lab-range input').value))
    return { before, wanted, off, back, said, forth, clicked, count: await page.locator('.lab-interrupts > span').innerText() }
  },

  /** A command whose time comes while the prompt waits, and one at whose work others come in, many as one. */
  async told() {
    const page = await started()
    await run(page, 'after 50 alloc 5')
    await page.waitForFunction(() => window.minios.history.steps.at(-1).event.name === 'alloc')
    await settled(page)
    const now = await step(page)
    await page.locator('.lab-interrupts button').first().click()
    await settled(page)
    const atPrompt = await step(page)
    await page.locator('.lab-scrubber button').last().click()
    await run(page, 'timer 1000', 'every 1 stats', 'events all', 'cancel all')
    const many = await page.evaluate(() => window.minios.history.interrupts().find((n) => window.minios.history.steps[n].event.times > 1))
    await page.fill('.lab-range input', String(many))
    await settled(page)
    const times = await page.evaluate((n) => window.minios.history.steps[n].event.times, many)
    return { now, atPrompt, merged: await step(page), times }
  },

  /** The page counts what the kernel counts; slowly; and quickly again after the way back, and after a new start. */
  async ticks() {
    const page = await started()
    const come = async (milliseconds) => {
      const before = await counted(page)
      await page.waitForTimeout(milliseconds)
      return (await counted(page)) - before
    }
    await page.waitForFunction(() => Number(document.querySelector('[data-ticks]').textContent) > 50)
    const apart = Math.abs((await counted(page)) - (await ticks(page)))
    const usual = await come(1000)
    const lost = async () => {
      await run(page, 'timer')
      return page.evaluate(() => Number([...window.minios.text.matchAll(/came, (\d+) were lost/g)].at(-1)[1]))
    }
    await page.click(SLOW)
    const before = await lost()
    const said = await page.locator('.lab-clock [role=status]').innerText()
    const slowly = await come(4000)
    const shown = [await ticks(page), await counted(page)]
    await run(page, 'alloc 100')
    await run(page, 'every 10 alloc 1')
    const jobs = await page.evaluate(() => window.minios.history.interrupts().length)
    await page.waitForTimeout(3000)
    const slowJobs = (await page.evaluate(() => window.minios.history.interrupts().length)) - jobs
    await run(page, 'cancel all')
    const missed = (await lost()) - before
    await page.fill('.lab-range input', '1')
    await continueHere(page)
    const after = [await page.getAttribute(SLOW, 'aria-pressed'), await come(1000)]
    await page.click(SLOW)
    await bootAnew(page)
    const anew = [await page.getAttribute(SLOW, 'aria-pressed'), await come(1000)]
    return { apart, usual, said, slowly, shown, slowJobs, missed, after, anew }
  },

  async axe() {
    const found = []
    for (const options of [{ colorScheme: 'light' }, { colorScheme: 'dark', reducedMotion: 'reduce' }]) {
      const page = await started(options)
      await run(page, 'bug race')
      await page.click(SLOW)
      await page.locator('.lab-interrupts button').first().click()
      await settled(page)
      await page.evaluate(AXE)
      const told = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'], elementRef: false }))
      found.push(...told.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`))
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      if (wide > 0) found.push(`${wide} too wide`)
      if (options.reducedMotion && (await page.locator('.lab-dial').isVisible())) found.push('the dial moves')
      if (process.env.SHOT) await page.screenshot({ path: `${process.env.SHOT}-${options.colorScheme}-${width}-${path.replace('/', '-')}.png`, fullPage: true })
    }
    return { found }
  },
}

try {
  console.log(`\n${JSON.stringify({ ...(await looks[what]()), ...seen })}`)
} finally {
  await chromium.close()
}
