// SPDX-License-Identifier: MIT
//
// The page on which the heap is written, in Chromium:  node page.mjs SITE WHAT [ARGUMENT]   with what is to be typed as JSON
// on standard input. Prints what it saw as one line of JSON.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { browser } from '../../web/browser.mjs'
import { checked } from './checked.mjs'

const [site, what, ...more] = process.argv.slice(2)
const given = JSON.parse(fs.readFileSync(0, 'utf8') || 'null')
const AXE = fs.readFileSync(new URL('../../web/node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')
const LONG = { timeout: 300000 }
const chromium = await browser()
const seen = { trouble: [], foreign: [] }

function watch(page) {
  page.on('console', (message) => message.type() === 'error' && seen.trouble.push(message.text()))
  page.on('pageerror', (error) => seen.trouble.push(String(error)))
  page.on('request', (one) => !/^(data|blob):/.test(one.url()) && !one.url().startsWith(site) && seen.foreign.push(one.url()))
}

async function fresh({ width = 1280, height = 900, ...options } = {}) {
  return chromium.newContext({ viewport: { width, height }, acceptDownloads: true, permissions: ['clipboard-read', 'clipboard-write'], ...options })
}

async function ready(page) {
  await page.waitForSelector('.learn[data-phase=ready]', LONG)
}

async function open(context, address = 'en/learn') {
  const page = await context.newPage()
  watch(page)
  await page.goto(`${site}${address}`)
  await ready(page)
  return page
}

const editor = (page) => page.locator('.cm-content')
const kept = (page) => page.evaluate(() => localStorage.getItem('minios.learn/my_heap.c'))
const act = (page, name) => page.locator(`[data-act=${name}]`)
const note = (page) => page.locator('[data-note]').innerText()
const ticks = (page) => page.locator('.learn-step-passed').count()
const report = (page) => page.locator('.learn-report').innerText()

/** All of the file anew, as from the clipboard; what is typed key by key the editor would indent a second time. */
async function write(page, text) {
  await editor(page).focus()
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.insertText(text)
}

async function check(page) {
  await editor(page).focus()
  const done = checked(page)
  await page.keyboard.press('Control+Enter')
  await done
  return report(page)
}

async function accessible(page) {
  await page.evaluate(AXE)
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  return found.violations.map(({ id, nodes }) => ({ id, nodes: nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)) }))
}

const shown = (page, selector) =>
  page.locator(selector).last().evaluate((one) => {
    const { top, bottom, left, right } = one.getBoundingClientRect()
    const over = document.elementFromPoint((left + right) / 2, (top + bottom) / 2)
    return top >= 0 && bottom <= innerHeight && (one.contains(over) || over.contains(one))
  })
const focused = (page) => page.evaluate(() => document.activeElement.dataset.act ?? document.activeElement.textContent.trim())
/** The first lines of the file that are in sight. */
async function inEditor(page) {
  await page.locator('.cm-editor').scrollIntoViewIfNeeded()
  await page.waitForTimeout(300)
  return page.evaluate(() => {
    const { top, bottom } = document.querySelector('.cm-scroller').getBoundingClientRect()
    const lines = [...document.querySelectorAll('.cm-line')].filter((one) => one.getBoundingClientRect().bottom > top + 4 && one.getBoundingClientRect().top < bottom)
    return lines.slice(0, 3).map((one) => one.textContent)
  })
}
const PHONE = { width: 375, height: 740, hasTouch: true, isMobile: true }
const beyond = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

// ---- What a newcomer with a phone does

const writes = (page) => page.evaluate(() => document.activeElement.className.includes('cm-content'))

async function firstCheck(page) {
  await act(page, 'check').tap()
  await page.locator('[data-diagnosis]').waitFor(LONG)
  const picture = await page.locator('.learn-report .learn-drawn').innerText()
  const check = { focus: await focused(page), diagnosis: await shown(page, '[data-diagnosis]'), picture }
  await act(page, 'back').tap()
  return { check, back: { editor: await writes(page), check: await shown(page, '[data-act=check]') } }
}

async function allHints(page) {
  const hints = []
  while (await act(page, 'hint').count()) {
    await act(page, 'hint').tap()
    const text = await page.locator('.learn-hint').last().innerText()
    hints.push({ focus: await focused(page), text, shown: await shown(page, '.learn-hint h3') })
  }
  return hints
}

async function passAndBoot(page) {
  await act(page, 'check').tap()
  await page.locator('[data-passed]').waitFor(LONG)
  const passed = { focus: await focused(page), next: await shown(page, '[data-act=next]') }
  await act(page, 'boot').tap()
  await page.waitForSelector('.lab[data-state=waiting][data-phase=ready]', LONG)
  const boot = { on: await shown(page, '[data-act=on]'), wide: await beyond(page) }
  await act(page, 'off').tap()
  const off = await writes(page)
  await act(page, 'boot').tap()
  await act(page, 'on').tap()
  const on = { focus: await focused(page), heading: await shown(page, '.learn-left .learn-heading'), file: await inEditor(page) }
  return { passed, boot, off, on }
}

async function stepList(page) {
  const listed = () => page.locator('.learn-steps li').first().isVisible()
  const list = [await listed()]
  await page.locator('.learn-steps summary').tap()
  list.push(await listed())
  await page.locator('.learn-steps [data-step="10"]').tap()
  return { list, ten: { file: await inEditor(page), address: page.url().slice(site.length) } }
}

async function blamedLine(page) {
  await act(page, 'check').tap()
  await page.locator('.learn-report .learn-line').tap({ ...LONG })
  await page.waitForTimeout(300)
  const line = { marked: await page.locator('.learn-marked-line').innerText(), shown: await shown(page, '.learn-marked-line') }
  await act(page, 'copy').tap()
  await page.waitForFunction(() => document.querySelector('[data-announced]').textContent)
  const copied = await page.evaluate(async () => [await navigator.clipboard.readText(), document.querySelector('[data-act=copy]').textContent.trim()])
  return { line, copied }
}

/** What is said of a reset, and of a picture of a cat that is no folder. */
async function answers(page) {
  await page.locator('.learn-steps [data-step="1"]').tap()
  await act(page, 'reset').tap()
  await page.locator('[data-answer=yes]').tap()
  await page.waitForFunction(() => document.querySelector('[data-note]').textContent)
  const reset = { note: await shown(page, '[data-note]'), focus: await focused(page) }
  await page.locator('input[type=file]').setInputFiles({ name: 'cat.png', mimeType: 'image/png', buffer: Buffer.from([137, 80, 0, 1]) })
  await page.waitForFunction(() => document.querySelector('[data-note]').textContent.includes('cat.png'))
  return { reset, refused: await shown(page, '[data-note]') }
}

async function weigh(address) {
  const page = await (await fresh()).newPage()
  watch(page)
  const answers = []
  page.on('response', (one) => one.url().startsWith(site) && answers.push(one))
  await page.goto(`${site}${address}`)
  await page.waitForSelector('.learn[data-phase=ready], .lab[data-phase=ready]', LONG)
  await page.waitForLoadState('networkidle')
  const bodies = await Promise.all(answers.map(async (one) => [new URL(one.url()).pathname, (await one.request().sizes()).responseBodySize]))
  return new Map(bodies)
}

const looks = {
  /** What is loaded on top of what the lab loads, and what the lab loads of it. */
  async weight(language) {
    const lab = await weigh(`${language}lab`)
    const learn = await weigh(`${language}learn`)
    const sum = (files) => files.reduce((total, [, size]) => total + size, 0)
    const extra = [...learn].filter(([name]) => !lab.has(name))
    const only = /tcc|hole|Learn|material|worker/
    return { extra: sum(extra), lab: sum([...lab]), heaviest: extra.sort((a, b) => b[1] - a[1]).slice(0, 9), early: [...lab.keys()].filter((name) => only.test(name)) }
  },

  /** From the empty file to the boss, in one sitting, by the keyboard: given are the heaps of all steps. */
  async sitting(language) {
    const page = await open(await fresh(), `${language}learn`)
    const told = [{ said: await check(page), passed: false }]
    for (const text of given) {
      await write(page, text)
      const said = await check(page)
      told.push({ said, passed: (await page.locator('[data-passed]').count()) > 0, ticks: await ticks(page), kept: (await kept(page)) === text })
      if (await act(page, 'next').count()) await act(page, 'next').click()
    }
    return { told, address: page.url().slice(site.length) }
  },

  /** Reloaded in the midst of typing, of a compilation, of a check; another language; and then what is kept. */
  async reload() {
    const context = await fresh()
    const page = await open(context)
    await write(page, given[0])
    await page.keyboard.press('ControlOrMeta+End')
    const texts = []
    for (const wait of [0, 510, 530]) {
      await page.keyboard.type('/* a word */')
      await page.waitForTimeout(wait)
      await page.reload()
      await ready(page)
      texts.push(await kept(page))
      await editor(page).focus()
      await page.keyboard.press('ControlOrMeta+End')
    }
    await page.keyboard.press('Control+Enter')
    await page.reload()
    await ready(page)
    texts.push(await kept(page))
    await page.goto(`${site}learn`)
    await ready(page)
    const shown = await page.evaluate(() => document.querySelector('.cm-content').cmTile?.view?.state.doc.toString() ?? document.querySelector('.cm-content').cmView?.view?.state.doc.toString())
    return { texts, shown, ticks: await ticks(page) }
  },

  /** What the compiler says while one types. */
  async compiling() {
    const page = await open(await fresh())
    const told = []
    for (const text of given) {
      await write(page, text)
      await page.waitForTimeout(700)
      await page.waitForFunction(() => document.querySelector('.learn-compiled').dataset.compiled, undefined, LONG)
      told.push({
        said: await page.locator('.learn-compiled').innerText(),
        marked: await page.locator('.learn-marked-line').allInnerTexts(),
        ok: await page.locator('.learn-compiled').getAttribute('data-compiled'),
      })
    }
    return { told }
  },

  /** Hints, the solution, a reset: asked first, and what was there before comes back. */
  async helping() {
    const page = await open(await fresh(), 'en/learn?step=3')
    await write(page, 'int mine;\n')
    const hints = []
    for (let n = 0; n < 3; n++) {
      await act(page, 'hint').click()
      hints.push(await page.locator('[data-hint]').count())
    }
    const none = await act(page, 'hint').count()
    const early = await page.locator('.learn-solution').count()
    await act(page, 'insist').click()
    await page.locator('[data-answer=no]').click()
    const refused = await page.locator('.learn-solution').count()
    await act(page, 'insist').click()
    await page.locator('[data-answer=yes]').click()
    const solution = await page.locator('.learn-solution pre').textContent()
    await page.locator('[data-step="1"]').click()
    await act(page, 'reset').click()
    await page.locator('[data-answer=no]').click()
    const left = await kept(page)
    await act(page, 'reset').click()
    await page.locator('[data-answer=yes]').click()
    await page.waitForFunction(() => /before-reset-1/.test(document.querySelector('[data-note]').textContent))
    const anew = await kept(page)
    await page.locator('.learn-asides summary').click()
    await page.locator('.learn-asides button').click()
    await page.locator('[data-answer]').first().waitFor({ state: 'hidden' })
    return { hints, none, early, refused, solution, left, anew, back: await kept(page), address: page.url().slice(site.length) }
  },

  /** Out of one browser, into another. */
  async along() {
    const page = await open(await fresh())
    await write(page, given[0])
    await check(page)
    const coming = page.waitForEvent('download')
    await act(page, 'take').click()
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'minios-')), 'my-heap.zip')
    await (await coming).saveAs(file)
    const other = await open(await fresh(), 'learn')
    await write(other, 'int mine;\n')
    await other.locator('input[type=file]').setInputFiles({ name: 'cat.png', mimeType: 'image/png', buffer: Buffer.from([137, 80, 0, 1]) })
    await other.waitForFunction(() => document.querySelector('[data-note]').textContent.includes('cat.png'))
    const refused = { text: await kept(other), note: await note(other) }
    await other.locator('input[type=file]').setInputFiles(file)
    await other.locator('[data-answer=yes]').click()
    await other.waitForFunction(() => document.querySelectorAll('.learn-step-passed').length > 0)
    fs.rmSync(path.dirname(file), { recursive: true })
    return { refused, text: await kept(other), ticks: await ticks(other), aside: await other.locator('.learn-asides button').count() }
  },

  /** Two tabs: the later one tells, both hold the same; and when the first goes, the other is alone. */
  async tabs() {
    const context = await fresh()
    const [one, two] = [await open(context), await open(context)]
    const told = [await one.locator('[data-another]').count(), await two.locator('[data-another]').count()]
    await write(one, 'int one;\n')
    await two.waitForFunction(() => document.querySelector('.cm-content').textContent.includes('int one'))
    await editor(two).focus()
    await two.keyboard.press('ControlOrMeta+End')
    await two.keyboard.type('int two;')
    await one.waitForFunction(() => document.querySelector('.cm-content').textContent.includes('int two'))
    await one.close()
    await two.waitForFunction(() => !document.querySelector('[data-another]'), undefined, LONG)
    return { told, text: await kept(two) }
  },

  /** No network any more: the page comes, compiles, checks and boots. */
  async offline(language) {
    const context = await fresh()
    await context.route(/\/worker-/, (route) => setTimeout(() => route.continue(), 2000)) // the compiler's code is on its way for long
    const page = await open(context, `${language}learn`)
    await page.waitForSelector('[data-offline=true]', { state: 'attached', ...LONG })
    await context.setOffline(true)
    await page.reload()
    await ready(page)
    await write(page, given[0])
    const said = await check(page)
    await act(page, 'boot').click()
    await page.waitForSelector('.lab[data-state=waiting][data-phase=ready]', LONG)
    return { said, passed: await page.locator('[data-passed]').count(), text: await page.evaluate(() => window.minios.text) }
  },

  /** The machine on the learner's heap, and its picture beside it. */
  async boots() {
    const page = await open(await fresh())
    await write(page, given[0])
    await act(page, 'boot').click()
    await page.waitForSelector('.lab[data-state=waiting][data-phase=ready]', LONG)
    const run = (line) => page.evaluate((text) => window.minios.run([text]), line)
    for (const line of given[1]) await run(line)
    await page.waitForTimeout(300)
    return {
      text: await page.evaluate(() => window.minios.text),
      blocks: await page.evaluate(() => window.minios.view().heap.blocks.map(({ number, size, gap, payload }) => ({ number, size, gap, payload }))),
      verdict: await page.locator('[data-verdict]').innerText(),
      alarms: await page.locator('.lab-alarm').allInnerTexts(),
    }
  },

  /** By keys alone: into the editor, a tab that indents, out of it again, to the check. */
  async keyboard() {
    const page = await open(await fresh())
    const at = () => page.evaluate(() => document.activeElement.className + (document.activeElement.dataset.act ?? ''))
    const until = async (wanted) => {
      for (let n = 0; n < 60; n++) {
        if ((await at()).includes(wanted)) return n
        await page.keyboard.press('Tab')
      }
      return -1
    }
    const reached = await until('cm-content')
    const before = await page.evaluate(() => document.querySelector('.cm-content').textContent)
    await page.keyboard.press('Tab')
    const indented = (await page.evaluate(() => document.querySelector('.cm-content').textContent)) !== before && (await at()).includes('cm-content')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Tab')
    const left = !(await at()).includes('cm-content')
    const button = await until('check')
    const done = checked(page)
    await page.keyboard.press('Enter')
    await done
    const label = await editor(page).evaluate((one) => [one.getAttribute('aria-label'), document.getElementById(one.getAttribute('aria-describedby'))?.textContent])
    return { reached, indented, left, button, label, announced: await page.locator('[data-announced]').textContent() }
  },

  /** With a finger, from the front page on: each thing that is asked for is in sight, and nothing loses the focus. */
  async newcomer(language) {
    const page = await (await fresh(PHONE)).newPage()
    watch(page)
    await page.goto(`${site}${language}`)
    await page.locator('.vp-doc a[href$="/learn"]').first().tap()
    await ready(page)
    const told = { begin: await inEditor(page), wide: [await beyond(page)] }
    Object.assign(told, await firstCheck(page), { hints: await allHints(page) })
    told.wide.push(await beyond(page))
    await write(page, given[0])
    Object.assign(told, await passAndBoot(page), await stepList(page))
    await write(page, given[1])
    return { ...told, ...(await blamedLine(page)), ...(await answers(page)) }
  },

  /** A bug of the lab on the learner's heap, and its time line: what the kernel prints, and what is drawn at each step back. */
  async lab(language) {
    const told = []
    const page = await open(await fresh(), `${language}learn`)
    for (const [text, lines, bug] of given) {
      await write(page, text)
      await act(page, 'boot').click()
      await page.waitForSelector('.lab[data-state=waiting][data-phase=ready]', LONG)
      for (const line of lines) await page.evaluate((one) => window.minios.run([one]), line)
      await page.locator('.lab-bugs button', { has: page.getByText(bug, { exact: true }) }).click()
      await page.locator('.lab-past').waitFor(LONG)
      const drawn = () => page.evaluate(() => ({ at: Number(document.querySelector('.lab-scrubber input').value), step: document.querySelector('.lab-step').innerText,
        blocks: [...document.querySelectorAll('.lab-block .lab-number')].map((one) => one.textContent.trim()), pointer: document.querySelector('.lab-pointer').innerText }))
      const back = [await drawn()]
      while (back.at(-1).at > 0) {
        await page.locator('.lab-scrubber button').nth(1).click()
        await page.waitForFunction((before) => Number(document.querySelector('.lab-scrubber input').value) < before, back.at(-1).at)
        back.push(await drawn())
      }
      const said = await page.evaluate(() => window.minios.text.replace(/\x1b\[[\d;]*m|\r/g, ''))
      told.push({ said, back })
      if (given.at(-1)[0] !== text) continue
      await page.locator('.lab-scrubber input').fill(String(back.findLast((one) => one.blocks.length === 2).at))
      await page.locator('.lab-past-note button').click()
      await page.waitForFunction(() => !document.querySelector('.lab-past'), undefined, LONG)
      await page.evaluate(() => window.minios.run(['alloc 7']))
      await page.waitForTimeout(300)
      told.push({ after: await drawn() })
    }
    return { told }
  },

  /** A browser that keeps nothing, or has no room any more: what is said, that all goes on, and what is taken along. */
  async unkept(how, language = 'en/') {
    const context = await fresh()
    await context.addInitScript((how) => {
      const refuse = () => {
        throw new DOMException('no', how === 'full' ? 'QuotaExceededError' : 'SecurityError')
      }
      if (how === 'forbidden') Object.defineProperty(window, 'localStorage', { get: refuse })
      const set = Storage.prototype.setItem
      Storage.prototype.setItem = function (key, value) {
        return how === 'full' && (!sessionStorage.full || !key.startsWith('minios.learn')) ? set.call(this, key, value) : refuse()
      }
    }, how)
    const page = await open(context, `${language}learn`)
    const told = { before: await page.locator('[data-trouble]').count() }
    if (how === 'full') {
      await write(page, 'int early;\n')
      await page.evaluate(() => (sessionStorage.full = 'yes'))
    }
    await write(page, given[0])
    told.said = await page.locator('[data-trouble] [role=alert]').innerText()
    await check(page)
    Object.assign(told, { passed: await page.locator('[data-passed]').count(), ticks: await ticks(page), kept: await page.locator('.learn-along').innerText() })
    const coming = page.waitForEvent('download')
    await page.locator('[data-trouble] button').click()
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'minios-')), 'my-heap.zip')
    await (await coming).saveAs(file)
    page.once('dialog', (dialog) => {
      told.asked = dialog.type()
      dialog.accept()
    })
    await page.reload()
    await ready(page)
    told.again = await page.locator('.cm-line').allInnerTexts()
    await page.evaluate(() => sessionStorage.removeItem('full'))
    await write(page, given[0])
    told.after = await page.locator('[data-trouble]').count()
    const other = await open(await fresh())
    await other.locator('input[type=file]').setInputFiles(file)
    await other.locator('[data-answer=yes]').click()
    await other.waitForFunction(() => document.querySelectorAll('.learn-step-passed').length > 0)
    fs.rmSync(path.dirname(file), { recursive: true })
    seen.trouble = seen.trouble.filter((one) => !one.endsWith('Error: no')) // VitePress asks too, for light or dark
    return { ...told, text: await kept(other) }
  },

  /** Booted on a heap that never comes back once something is asked of it: the page goes on, and so does what is written. */
  async astray() {
    const page = await open(await fresh())
    const told = []
    for (const text of given.slice(1)) {
      await write(page, text)
      await act(page, 'boot').click()
      await page.waitForSelector('.lab[data-state=waiting][data-phase=ready]', LONG)
      await page.evaluate(() => void window.minios.run(['alloc 64']))
      await page.waitForTimeout(1500)
      told.push(await page.locator('.lab').getAttribute('data-state'))
      await act(page, 'off').click()
    }
    await write(page, given[0])
    await check(page)
    return { told, passed: await page.locator('[data-passed]').count(), left: await page.locator('.lab').count() }
  },

  /** The emulator does not come: what is written is kept all the same. */
  async broken() {
    const context = await fresh({ serviceWorkers: 'block' })
    await context.route(/v86[^/]*\.wasm$/, (route) => route.abort())
    const page = await context.newPage()
    watch(page)
    await page.goto(`${site}en/learn`)
    await page.waitForSelector('.learn[data-phase=broken]', LONG)
    await write(page, 'int mine;\n')
    const told = { said: await page.locator('.learn > .learn-alarm').innerText(), kept: await kept(page), check: await act(page, 'check').isDisabled() }
    seen.trouble = seen.trouble.filter((one) => !/ERR_FAILED/.test(one))
    return told
  },

  /** The picture of each step on a desk: in one piece, and all of it in sight. */
  async pictures() {
    const page = await open(await fresh({ width: 1280 }))
    const torn = []
    for (let step = 1; step <= 11; step++) {
      await page.locator(`.learn-steps [data-step="${step}"]`).click()
      const pictures = await page.locator('.learn-left .learn-drawn').evaluateAll((all) => all.map((one) => [one.textContent, one.scrollWidth - one.clientWidth]))
      torn.push(...pictures.filter(([text, wide]) => text.includes('- - -') || wide > 0).map(([, wide]) => [step, wide]))
    }
    return { torn }
  },

  /** On a phone and on a desk, in the light and in the dark, with a report, hints and a question in sight. */
  async axe(language) {
    const found = []
    for (const width of [1440, 768, 375, 360])
      for (const colorScheme of ['light', 'dark']) {
        const page = await open(await fresh({ width, height: width < 700 ? 740 : 900, colorScheme, hasTouch: width < 700 }), `${language}learn`)
        await act(page, 'hint').click()
        await write(page, given[0])
        await check(page)
        const name = `${width} ${colorScheme}`
        found.push({ name, wide: await beyond(page), axe: await accessible(page), letters: await page.evaluate(() => getComputedStyle(document.querySelector('.cm-content')).fontSize) })
        if (more[1]) await page.screenshot({ path: `${more[1]}-${width}-${colorScheme}.png`, fullPage: true })
        await act(page, 'reset').click()
        found.push({ name: `${name}, asked`, wide: await beyond(page), axe: await accessible(page) })
        await page.context().close()
      }
    return { found }
  },
}

Object.assign(seen, await looks[what](...more))
await chromium.close()
console.log(JSON.stringify(seen))
