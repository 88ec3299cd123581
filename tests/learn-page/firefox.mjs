// SPDX-License-Identifier: MIT
//
// The first step in Firefox, typed key by key:  node firefox.mjs SITE PATH < JSON of { text, line, code }   where code is typed
// in place of the line of text that holds `line`. Prints what it saw as one line of JSON.

import fs from 'node:fs'
import { firefox } from '../../web/browser.mjs'
import { checked } from './checked.mjs'

const [site, path] = process.argv.slice(2)
const { line, code } = JSON.parse(fs.readFileSync(0, 'utf8'))
const LONG = { timeout: 300000 }
const browser = await firefox()
const seen = { trouble: [], foreign: [], browser: (await browser.version()).toLowerCase() }
const page = await browser.newPage()
page.on('console', (message) => message.type() === 'error' && seen.trouble.push(message.text()))
page.on('pageerror', (error) => seen.trouble.push(String(error)))
page.on('request', (one) => !/^(data|blob):/.test(one.url()) && !one.url().startsWith(site) && seen.foreign.push(one.url()))

const ready = () => page.waitForSelector('.learn[data-phase=ready]', LONG)
const kept = () => page.evaluate(() => localStorage.getItem('minios.learn/my_heap.c'))
const told = (selector) => page.evaluate((one) => document.querySelector(one)?.innerText ?? '', selector)

async function check() {
  const done = checked(page)
  await page.click('[data-act=check]')
  await done
  return told('.learn-report')
}

/** The line that holds some words is taken away, and each letter of the code is pressed in its place. */
async function type() {
  await page.evaluate((words) => {
    const found = [...document.querySelectorAll('.cm-line')].find((one) => one.textContent.includes(words))
    document.querySelector('.cm-content').focus()
    getSelection().selectAllChildren(found)
  }, line)
  await page.keyboard.press('Delete')
  await page.keyboard.type(code)
}

await page.setViewport({ width: 1280, height: 900 })
await page.goto(site + path)
await ready()
seen.empty = await check()
await type()
seen.typed = await kept()
seen.passed = await check()
await page.reload()
await ready()
seen.again = { text: await kept(), ticks: await page.evaluate(() => document.querySelectorAll('.learn-step-passed').length), step: await told('.learn-left .learn-heading') }
await browser.close()
console.log(JSON.stringify(seen))
