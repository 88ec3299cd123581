// SPDX-License-Identifier: MIT
//
// The lab from end to end in Firefox:  node firefox.mjs SITE PATH   prints what it saw as one line of JSON.

import { firefox } from '../../web/browser.mjs'
import { blocksIn } from '../v86/chance.mjs'
import { continueHere, picture, printed, same, settled } from './shown.mjs'

const [site, path] = process.argv.slice(2)
const browser = await firefox()
const seen = { trouble: [], foreign: [] }

// ---- The page

async function open(path) {
  const page = await browser.newPage()
  await page.setViewport({ width: 1280, height: 900 })
  page.on('console', (message) => message.type() === 'error' && seen.trouble.push(message.text()))
  page.on('pageerror', (error) => seen.trouble.push(String(error)))
  page.on('requestfailed', (request) => seen.trouble.push(`failed: ${request.url()}`))
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(site)) seen.foreign.push(request.url())
  })
  await page.goto(site + path)
  await page.waitForSelector('.lab[data-state=waiting][data-phase=ready]')
  await settled(page)
  return page
}

const toRest = (page) =>
  page.waitForFunction(() => window.minios.state !== 'running' && window.minios.pending === 0, { polling: 10 })

/** Every key as a person presses it; what is between braces is the name of one. */
async function keys(page, text) {
  await page.focus('.xterm-helper-textarea')
  for (const [, name, letter] of text.matchAll(/\{(\w+)\}|([^])/g)) await page.keyboard.press(name ?? letter)
  await settled(page)
  await toRest(page)
}

const click = (page, selector, n = 0) =>
  page.evaluate((selector, n) => document.querySelectorAll(selector)[n].click(), selector, n)
const lines = (page) => page.evaluate(() => window.minios.lines.map((line) => line.text))

// ---- What is tried, one after the other

async function typing(page) {
  await keys(page, 'alloc 100{Enter}aloc 13{Home}{ArrowRight}l{Enter}xallox{Backspace}c 7 64{Home}{Delete}{Enter}')
  await keys(page, '{ArrowUp}{ArrowUp}{Backspace}4{Enter}sta{Tab}{Enter}blocks all{Enter}')
  return { lines: await lines(page), same: same((await picture(page)).rows, blocksIn(await printed(page))) }
}

/** Text without a key, as a phone or a script writes it: "blo" is taken away, and "blocks " comes in its place. */
async function suggestion(page) {
  await keys(page, 'blo')
  await page.evaluate(() => {
    const field = document.activeElement
    field.setSelectionRange(0, 3)
    document.execCommand('insertText', false, 'blocks ')
  })
  await keys(page, '{Enter}')
  return (await lines(page)).at(-1)
}

async function clipboard(page) {
  await keys(page, 'stats')
  await page.evaluate(() => {
    const text = Object.assign(document.createElement('textarea'), { id: 'scratch', value: ' ; map' })
    document.body.append(text)
    text.focus()
    text.select()
  })
  const chord = async (key) => {
    await page.keyboard.down('Control')
    await page.keyboard.press(key)
    await page.keyboard.up('Control')
  }
  await chord('x')
  await page.focus('.xterm-helper-textarea')
  await chord('v')
  await keys(page, '{Enter}')
  const pasted = (await lines(page)).at(-1)
  await page.click('.lab-tools button')
  await page.waitForFunction(() => document.querySelector('.lab-left > .lab-note').textContent.trim() !== '')
  const note = await page.evaluate(() => document.querySelector('.lab-left > .lab-note').textContent.trim())
  await page.focus('#scratch')
  await chord('v')
  const link = await page.evaluate(() => document.querySelector('#scratch').value)
  await page.evaluate(() => document.querySelector('#scratch').remove())
  return { pasted, note, link: link.replace(site, '') }
}

async function bugs(page) {
  const before = await picture(page)
  const found = {}
  const names = await page.evaluate(() => [...document.querySelectorAll('.lab-bugs button')].map((button) => button.innerText))
  for (const [n, name] of names.entries()) {
    await click(page, '.lab-bugs button', n)
    await page.waitForSelector('.lab-past')
    await settled(page)
    found[name] = await page.evaluate(() => document.querySelectorAll('.lab-byte-fresh').length)
    await click(page, '.lab-scrubber button', 3)
    if (!same(await picture(page), before)) found[name] = 'the heap is not what it was'
  }
  return found
}

/** Back with the keys of the slider to the first step, to the second block, and to now; then on from the second block. */
async function time(page) {
  const now = await picture(page)
  const slide = async (...names) => {
    await page.focus('input[type=range]')
    for (const name of names) await page.keyboard.press(name)
    return picture(page)
  }
  const first = await slide('Home')
  const second = await slide('ArrowRight', 'ArrowRight')
  const again = same(await slide('End'), now)
  await slide('ArrowLeft', 'Home', 'ArrowRight', 'ArrowRight')
  await continueHere(page)
  const continued = same((await picture(page)).rows, second.rows)
  await keys(page, 'blocks all{Enter}')
  const kernel = same((await picture(page)).rows, blocksIn(await printed(page)))
  return { first: first.rows.length, second: second.rows.length, again, continued, kernel }
}

async function ends(page) {
  await keys(page, 'halt{Enter}')
  await page.waitForSelector('.lab-end')
  await click(page, '.lab-end button')
  await page.waitForSelector('.lab[data-state=waiting]')
  await click(page, '.lab-tabs button', 1)
  await page.click('.lab-vga')
  await page.keyboard.type('alloc 42\n')
  await page.waitForFunction(() => document.querySelector('.lab-vga').textContent.includes('#1 at'))
  await settled(page)
  return (await picture(page)).rows.length
}

try {
  const page = await open(path)
  seen.browser = await browser.version()
  seen.text = await printed(page)
  seen.typing = await typing(page)
  seen.suggestion = await suggestion(page)
  seen.clipboard = await clipboard(page)
  const other = await open(seen.clipboard.link)
  await other.waitForFunction((n) => window.minios.lines.length === n, {}, (await lines(page)).length)
  await toRest(other)
  seen.link = same(await lines(other), await lines(page)) && same(await picture(other), await picture(page))
  await other.close()
  await page.bringToFront()
  seen.bugs = await bugs(page)
  seen.time = await time(page)
  seen.rows = await ends(page)
  console.log(`\n${JSON.stringify(seen)}`)
} finally {
  await browser.close()
}
