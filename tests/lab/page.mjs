// SPDX-License-Identifier: MIT
//
// The lab in a real browser:  node page.mjs SITE WHAT [ARGUMENT]   prints what it saw as one line of JSON.

import fs from 'node:fs'
import { browser } from '../../web/browser.mjs'
import { OPERATIONS, blocksIn, random } from '../v86/chance.mjs'
import { bootAnew, continueHere, picture, printed, same, settled, step } from './shown.mjs'

const [site, what, argument = '', more = ''] = process.argv.slice(2)
const AXE = fs.readFileSync(new URL('../../web/node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')
const CHAPTER = 'chapter-4-hands-on-heap-implementation'
const chromium = await browser()
const seen = { trouble: [], foreign: [] }

// ---- The page

function watch(page) {
  page.on('console', (message) => message.type() === 'error' && seen.trouble.push(message.text()))
  page.on('pageerror', (error) => seen.trouble.push(String(error)))
  page.on(
    'request',
    (request) =>
      !/^(data|blob):/.test(request.url()) && !request.url().startsWith(site) && seen.foreign.push(request.url()),
  )
}

async function open({ path = 'en/lab', width = 1280, height = 900, options = {} } = {}) {
  const context = await chromium.newContext({
    viewport: { width, height },
    permissions: ['clipboard-read', 'clipboard-write'],
    ...options,
  })
  const page = await context.newPage()
  watch(page)
  await page.goto(`${site}${path}`)
  return page
}

async function ready(page, state = 'waiting') {
  await page.waitForSelector(`.lab[data-state=${state}][data-phase=ready]`, { timeout: 300000 })
  await settled(page)
}

async function started(settings) {
  const page = await open(settings)
  await ready(page)
  return page
}

/** Types into the terminal, as a person does, and waits until the prompt is there again. */
async function type(page, line) {
  const before = await page.evaluate(() => window.minios.text.length)
  await page.locator('.xterm-helper-textarea').focus()
  await page.keyboard.type(`${line}\n`)
  await page.waitForFunction(
    ({ before, line }) =>
      window.minios.text.length > before + line.length &&
      window.minios.state !== 'running' &&
      window.minios.pending === 0,
    { before, line },
    { polling: 5 },
  )
}

/** The same without a key for each letter, which is quicker. */
async function send(page, line) {
  await page.evaluate((text) => window.minios.run([text]), line)
}

/** What came over the line, and what would have to a browser that knows gzip only, or nothing of the kind. */
async function weight(answer) {
  const head = (coding) => fetch(answer.url(), { method: 'HEAD', headers: { 'accept-encoding': coding } })
  const lengths = (await Promise.all(['gzip', 'identity'].map(head))).map((told) =>
    Number(told.headers.get('content-length')),
  )
  return [answer.url(), (await answer.request().sizes()).responseBodySize, ...lengths]
}

/** How much of each underscore's width is drawn, in the row that tells of free_memory_pointer; by the pixels of the screen. */
async function underscores(page) {
  const row = await page.evaluate(() => {
    const found = [...document.querySelectorAll('.xterm-rows > div')].find((one) => one.textContent.includes('; free_memory_pointer'))
    const { x, y, height } = found.getBoundingClientRect()
    const letters = document.createRange()
    letters.selectNodeContents(found)
    const cell = letters.getBoundingClientRect().width / found.textContent.length
    const places = [...found.textContent.matchAll(/_/g)].map((one) => one.index)
    return { cell, places, clip: { x, y, width: cell * (places.at(-1) + 1), height } }
  })
  const shot = await page.screenshot({ clip: row.clip })
  return page.evaluate(
    async ({ bytes, cell, places }) => {
      const image = Object.assign(new Image(), { src: `data:image/png;base64,${bytes}` })
      await image.decode()
      const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d')
      canvas.drawImage(image, 0, 0)
      const scale = image.width / (cell * (places.at(-1) + 1))
      const bright = (x, y) => Math.max(...canvas.getImageData(x, y, 1, 1).data.slice(0, 3)) > 110
      const drawn = (place, y) => {
        const [from, to] = [Math.ceil(place * cell * scale), Math.floor((place + 1) * cell * scale)]
        return Array.from({ length: to - from }, (_, n) => bright(from + n, y)).filter(Boolean).length / (to - from)
      }
      const lines = Array.from({ length: image.height }, (_, y) => y)
      return places.map((place) => Math.max(...lines.map((y) => drawn(place, y))))
    },
    { bytes: shot.toString('base64'), cell: row.cell, places: row.places },
  )
}

/** How many times longer than its own work a piece of work takes now, because others work on this machine, too. */
function timesSlower() {
  const [begun, used] = [performance.now(), process.cpuUsage()]
  while (performance.now() - begun < 300);
  const { user, system } = process.cpuUsage(used)
  return (1000 * (performance.now() - begun)) / (user + system)
}

// ---- What is looked at

const looks = {
  /** From navigation to the prompt; what was fetched, and how heavy it is; what the policy forbids. */
  async loads(path) {
    const answers = []
    const context = await chromium.newContext({ viewport: { width: 1280, height: 900 } })
    const page = await context.newPage()
    watch(page)
    page.on('response', (response) => response.url().startsWith(site) && answers.push(response))
    const before = timesSlower()
    await page.goto(`${site}${path}`)
    const loaded = await page.evaluate(() => performance.now())
    await ready(page)
    const prompt = await page.evaluate(() => performance.now())
    const slower = Math.max(before, timesSlower())
    await page.waitForLoadState('networkidle')
    const text = await printed(page)
    const fetched = await Promise.all(answers.map(weight))
    const sum = (n) => fetched.reduce((total, one) => total + one[n], 0)
    const forbidden = await page.evaluate(async () => {
      const told = new Promise((resolve) =>
        document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective), {
          once: true,
        }),
      )
      fetch('http://127.0.0.1:1/').catch(() => {})
      return Promise.race([told, new Promise((resolve) => setTimeout(() => resolve('nothing'), 60000))])
    })
    seen.foreign = seen.foreign.filter((url) => url !== 'http://127.0.0.1:1/')
    seen.trouble = seen.trouble.filter((line) => !line.includes('127.0.0.1:1/'))
    return {
      after: prompt - loaded,
      slower,
      prompt,
      files: fetched.length,
      came: sum(1),
      gzip: sum(2),
      raw: sum(3),
      heaviest: fetched.sort((a, b) => b[1] - a[1]).slice(0, 6),
      text,
      forbidden,
      policy: await page.getAttribute('meta[http-equiv]', 'content'),
    }
  },

  async sequences(seed) {
    const page = await started()
    const r = random(seed)
    const put = seed === '1' ? type : send
    const different = []
    let compared = 0
    for (; compared < 50; compared++) {
      for (let length = 1 + r(4); length > 0; length--) await put(page, OPERATIONS[r(OPERATIONS.length)](r))
      await put(page, 'blocks all')
      const [shown, told] = [await picture(page), blocksIn(await printed(page))]
      if (!same(shown.rows, told) || shown.wrong || shown.alarms.length) different.push({ shown, told })
      if (r(3) === 0) await put(page, 'free all')
    }
    return { compared, different }
  },

  /** Every step with the arrow keys, back and forth, against what was seen when it happened; then on from the midst. */
  async scrub() {
    const page = await started()
    const r = random(7)
    const then = [await picture(page)]
    const lines = ['']
    while (then.length < 30) {
      const before = await page.evaluate(() => window.minios.history.steps.length)
      const line = OPERATIONS[r(7)](r)
      await type(page, line)
      const steps = await page.evaluate(() => window.minios.history.steps.length)
      if (steps === before + 1) (then.push(await picture(page)), lines.push(line))
    }
    const wrong = []
    const compare = async (n, how) => {
      await settled(page)
      if (!same(await picture(page), then[n]) || !(await step(page)).startsWith(`Step ${n} of 29`))
        wrong.push([how, n, await step(page)])
    }
    await page.focus('input[type=range]')
    for (let n = 28; n >= 0; n--) (await page.keyboard.press('ArrowLeft'), await compare(n, 'back'))
    const boot = await step(page)
    for (let n = 1; n < 30; n++) (await page.keyboard.press('ArrowRight'), await compare(n, 'forth'))
    for (const n of [3, 27, 11]) (await page.fill('input[type=range]', String(n)), await compare(n, 'jump'))
    const shownRow = await page.locator('.lab-line-shown').count()
    const at = await step(page)
    await continueHere(page)
    await settled(page)
    const back = await picture(page)
    await type(page, 'blocks all')
    return {
      wrong,
      boot,
      at,
      line: lines[11],
      shownRow,
      continued: same(back, then[11]),
      again: same(back.rows, blocksIn(await printed(page))),
      typed: await page.evaluate(() => window.minios.lines.length),
    }
  },

  async bugs() {
    const page = await started()
    await type(page, 'alloc 100')
    const before = await picture(page)
    const bugs = {}
    for (const button of await page.locator('.lab-bugs button').all()) {
      await button.click()
      await page.waitForSelector('.lab-past')
      await settled(page)
      const lit = await page.evaluate(() => ({
        wrong: document.querySelectorAll('.lab-byte-wrong').length,
        fresh: document.querySelectorAll('.lab-byte-fresh').length,
        here: document.querySelector('.lab-byte-here')?.getAttribute('aria-label') ?? '',
      }))
      const at = await step(page)
      await page.click('.lab-scrubber button >> nth=3')
      await settled(page)
      bugs[await button.innerText()] = {
        ...lit,
        at: at.split(': ')[1],
        alarms: (await picture(page)).alarms.length,
        restored: same(await picture(page), before),
      }
    }
    return bugs
  },

  async link() {
    const page = await started()
    const lines = ['alloc 100', 'alloc 13; free; alloc 7 64', 'fill #1 a/b%?&#', 'free #1']
    for (const line of lines) await type(page, line)
    await page.click('.lab-tools button >> nth=0')
    await page.waitForFunction(
      () =>
        document.querySelector('.lab-note').textContent !== ' ' &&
        document.querySelector('.lab-left > .lab-note').textContent.trim() !== '',
    )
    const address = await page.evaluate(() => navigator.clipboard.readText())
    const then = await picture(page)
    const other = await started({ path: address.slice(site.length) })
    await other.waitForFunction(
      (n) => window.minios.lines.length === n && window.minios.state === 'waiting',
      lines.length,
    )
    await settled(other)
    const result = {
      address: address.slice(site.length),
      same: same(await picture(other), then),
      lines: await other.evaluate(() => window.minios.lines.map((line) => line.text)),
    }
    const hostile = await started({
      path: `en/lab#run=${encodeURIComponent('<img src=x onerror=alert(1)>')}/${'x'.repeat(200)}/%0Aalloc`,
    })
    result.hostile = await hostile.evaluate(() => [
      window.minios.lines.length,
      document.querySelectorAll('img[src=x]').length,
    ])
    const download = page.waitForEvent('download')
    await page.click('.lab-tools button >> nth=1')
    result.transcript = fs.readFileSync(await (await download).path(), 'utf8')
    return result
  },

  /** Reloaded in the midst of a replay: it begins anew and ends as it should. */
  async reload() {
    const lines = Array.from({ length: 60 }, (_, n) => `alloc ${n}`)
    const page = await started({ path: `en/lab#run=${lines.map(encodeURIComponent).join('/')}` })
    await page.reload()
    await page.waitForFunction(
      () => window.minios?.lines.length === 60 && window.minios.state === 'waiting',
      undefined,
      { timeout: 300000 },
    )
    await settled(page)
    return { rows: (await picture(page)).rows.length }
  },

  /** 10,000 operations through the serial line while frames are counted. */
  async many() {
    const page = await started()
    return page.evaluate(async () => {
      const frames = []
      let last = performance.now(),
        on = true
      const frame = (now) => {
        frames.push(now - last)
        last = now
        if (on) requestAnimationFrame(frame)
      }
      requestAnimationFrame(frame)
      const begun = performance.now()
      const lines = Array.from({ length: 1000 }, (_, n) =>
        n % 3
          ? 'alloc 9;free;alloc 5;free;alloc 40;alloc 3;free;alloc 1;free;free'
          : 'alloc 8;alloc 7;alloc 6;free;free;free;alloc 3;free;alloc 2;alloc 1',
      )
      await window.minios.run(lines)
      on = false
      const { history } = window.minios
      const took = performance.now() - begun
      const sorted = frames.toSorted((a, b) => a - b)
      const at = (share) => sorted[Math.floor(share * (sorted.length - 1))]
      const tenth = Math.floor(frames.length / 10)
      const mean = (list) => list.reduce((sum, one) => sum + one, 0) / list.length
      return {
        events: history.newest,
        steps: history.place(),
        took,
        frames: frames.length,
        median: at(0.5),
        p95: at(0.95),
        worst: at(1),
        first: mean(frames.slice(0, tenth)),
        last: mean(frames.slice(-tenth)),
      }
    })
  },

  /** A byte of a tag, written from the page. */
  async corrupted() {
    const page = await started()
    for (const line of ['alloc 100', 'alloc 13']) await type(page, line)
    const before = (await picture(page)).alarms
    const address = await page.evaluate(() => {
      const { minios } = window
      const at = minios.view().heap.blocks[1].tag + 1
      minios.guest.write(at, [minios.read(at, 1)[0] ^ 0x55])
      return at
    })
    await page.waitForSelector('.lab-piece-wrong')
    await page.click('.lab-block >> nth=1')
    const here = await page.getAttribute('.lab-byte-here', 'aria-label')
    const shown = await picture(page)
    const row = await page.locator('.lab-block').nth(1).innerText()
    await type(page, 'check')
    return {
      before,
      alarms: shown.alarms,
      wrong: shown.wrong,
      row,
      here,
      address: `0x${address.toString(16).padStart(8, '0')}`,
      check: (await printed(page)).split('minios> check').at(-1),
      step: await step(page),
    }
  },

  async ends() {
    const page = await started()
    const told = {}
    for (const line of ['halt', 'panic null', 'reboot', 'panic stack']) {
      await page.locator('.xterm-helper-textarea').focus()
      await page.keyboard.type(`${line}\n`)
      const end = await page.waitForSelector('.lab-end')
      told[line] = await end.innerText()
      await page.click('.lab-end button')
      await ready(page)
    }
    await type(page, 'alloc 5')
    return { told, rows: (await picture(page)).rows.length }
  },

  async axe(path) {
    const found = []
    for (const settings of [
      { width: 1280, height: 900, options: { colorScheme: 'light' } },
      { width: 360, height: 740, options: { colorScheme: 'dark', reducedMotion: 'reduce' } },
    ]) {
      const page = await started({ path, ...settings })
      await type(page, 'alloc 100')
      await page.click('.lab-bugs summary').catch(() => {})
      if (
        !(await page
          .locator('.lab-bugs')
          .getAttribute('open')
          .then((value) => value !== null))
      )
        await page.click('.lab-bugs summary')
      await page.click('.lab-bugs button:has-text("overflow") >> nth=0')
      await page.waitForSelector('.lab-byte-wrong')
      await settled(page)
      await page.evaluate(AXE)
      const told = await page.evaluate(() =>
        window.axe.run(document, { resultTypes: ['violations'], elementRef: false }),
      )
      found.push(
        ...told.violations.map(
          (one) =>
            `${settings.width}: ${one.id}: ${one.help}: ${one.nodes
              .slice(0, 3)
              .map((node) => node.html.slice(0, 160))
              .join(' | ')}`,
        ),
      )
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      )
      if (wide > 0) found.push(`${settings.width}: ${wide} too wide`)
      if (settings.options.reducedMotion)
        found.push(...(await page.evaluate(() => document.getAnimations().map((one) => `moves: ${one.animationName}`))))
    }
    return { found }
  },

  /** The keyboard alone, from the top of the page. */
  async keyboard() {
    const page = await started()
    const tab = async (until) => {
      for (let n = 0; n < 60; n++) {
        await page.keyboard.press('Tab')
        if (await page.evaluate((selector) => document.activeElement?.matches(selector), until)) return true
      }
      return false
    }
    const reached = [await tab('.xterm-helper-textarea')]
    await page.keyboard.type('alloc 13\nhe')
    await page.keyboard.press('Tab')
    await page.waitForFunction(() => /minios> .*help $/.test(window.minios.text.replace(/\x1b\[[0-9;]*m/g, '')))
    await page.keyboard.press('Control+u')
    await page.keyboard.press('Escape')
    reached.push(await tab('.lab-buttons button'))
    reached.push(await tab('input[type=range]'))
    await page.keyboard.press('ArrowLeft')
    await settled(page)
    const past = await step(page)
    await page.keyboard.press('ArrowRight')
    reached.push(await tab('button.lab-block'))
    await page.keyboard.press('Enter')
    reached.push(await tab('.lab-byte'))
    const first = await page.evaluate(() => document.activeElement.getAttribute('aria-label'))
    for (let n = 0; n < 13; n++) await page.keyboard.press('ArrowRight')
    const slack = await page.evaluate(() => document.activeElement.getAttribute('aria-label'))
    await page.keyboard.press('ArrowDown')
    const tag = await page.evaluate(() => document.activeElement.getAttribute('aria-label'))
    return {
      reached,
      past,
      first,
      slack,
      tag,
      text: await page.locator('.lab-text').evaluate((twin) => twin.textContent),
    }
  },

  /** What phones write, and what then stands on the line: [what is done to the hidden field, the line]. */
  async phone() {
    const page = await started({ width: 375, height: 740, options: { hasTouch: true, isMobile: true } })
    const client = await page.context().newCDPSession(page)
    const field = page.locator('.xterm-helper-textarea')
    const key229 = (type, more) => client.send('Input.dispatchKeyEvent', { type, windowsVirtualKeyCode: 229, ...more })
    const hand = {
      /** As most keyboards write: a key without a name, and then text is there. */
      letters: async (text) => {
        for (const letter of text) {
          await key229('rawKeyDown')
          await hand.says(letter)
          await key229('keyUp')
        }
      },
      /** Speech, a suggestion, what is swiped: text and no key. */
      says: (text) => client.send('Input.insertText', { text }),
      back: async (times = 1) => {
        for (; times > 0; times--) {
          await key229('rawKeyDown', { commands: ['deleteBackward'] })
          await key229('keyUp')
        }
      },
      marks: (from, to) => field.evaluate((area, range) => area.setSelectionRange(...range), [from, to]),
      composes: async (...words) => {
        for (const text of words)
          await client.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length })
      },
      /** A word that lies behind is corrected, and the cursor stays at the end. */
      corrects: (from, to, text) =>
        field.evaluate(
          (area, [from, to, text]) => {
            area.setRangeText(text, from, to, 'preserve')
            const told = { inputType: 'insertReplacementText', data: text, bubbles: true }
            area.dispatchEvent(new InputEvent('input', told))
          },
          [from, to, text],
        ),
      presses: (key) => page.keyboard.press(key),
      types: (text) => page.keyboard.type(text),
      pastes: (text) =>
        field.evaluate((area, text) => {
          const clipboardData = new DataTransfer()
          clipboardData.setData('text/plain', text)
          area.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
        }, text),
      looks: () => page.waitForTimeout(60), // the cursor's moves are told a little later
    }
    const writes = {
      'letter by letter': [[['letters', 'alloc 100']], 'alloc 100'],
      'and takes one back': [[['letters', 'statx'], ['back'], ['letters', 's']], 'stats'],
      'a suggestion takes the word and writes another': [
        [['letters', 'blo'], ['marks', 0, 3], ['back'], ['says', 'blocks ']],
        'blocks',
      ],
      'a suggestion goes on with the word': [[['letters', 'blo'], ['says', 'cks ']], 'blocks'],
      'a suggestion in the place of the word': [[['letters', 'blo'], ['marks', 0, 3], ['says', 'map ']], 'map'],
      'a word as long as the wrong one': [[['letters', 'blokcs'], ['corrects', 0, 6, 'blocks']], 'blocks'],
      'a word that lies behind': [
        [['letters', 'alocc 100'], ['corrects', 0, 5, 'alloc'], ['letters', '0']],
        'alloc 1000',
      ],
      'a whole word taken back': [
        [['letters', 'help allocate'], ['marks', 5, 13], ['back'], ['letters', 'map']],
        'help map',
      ],
      swiped: [
        [['composes', 'alloc'], ['says', 'alloc'], ['says', ' '], ['composes', '1', '13'], ['says', '13']],
        'alloc 13',
      ],
      'swiped and taken back': [[['composes', 'alloc'], ['composes', 'all', 'stats'], ['says', 'stats']], 'stats'],
      'still being put together at Enter': [[['letters', 'help '], ['composes', 'm', 'map']], 'help map'],
      spoken: [[['says', 'alloc 7']], 'alloc 7'],
      'with the signs of a printer': [
        [['says', 'fill #1 \u2018a\u2019\u00a0\u201cb\u201d \u2013\u2026']],
        `fill #1 'a' "b" -...`,
      ],
      'the cursor moved without a key': [
        [['letters', 'aloc 5'], ['marks', 1, 1], ['looks'], ['letters', 'l']],
        'alloc 5',
      ],
      'then moved to the end': [
        [['letters', 'aloc 5'], ['marks', 1, 1], ['letters', 'l'], ['marks', 7, 7], ['looks'], ['letters', '0']],
        'alloc 50',
      ],
      'behind a line of before': [[['presses', 'ArrowUp'], ['back', 2], ['letters', '8']], 'alloc 8'],
      'among real keys': [
        [['types', 'alox'], ['presses', 'Backspace'], ['letters', 'c'], ['presses', 'Home'], ['types', 'x'],
          ['presses', 'Delete'], ['presses', 'Backspace'], ['types', 'al'], ['presses', 'End'], ['letters', ' 6']],
        'alloc 6',
      ],
      'a name that Tab completes': [
        [['letters', 'sta'], ['presses', 'Tab'], ['letters', '0'], ['back'], ['back'], ['letters', ' ']],
        'stats',
      ],
      'behind a paste': [[['letters', 'al'], ['pastes', 'loc'], ['says', ' 9'], ['back'], ['says', '4']], 'alloc 4'],
      'a line given up': [[['letters', 'al'], ['presses', 'Control+c'], ['letters', 'map']], 'map'],
    }
    const put = async (deeds) => {
      await field.focus()
      for (const [what, ...more] of deeds) await hand[what](...more)
    }
    const lines = {}
    for (const [name, [deeds, line]] of Object.entries(writes)) {
      const before = await page.evaluate(() => window.minios.lines.length)
      await put([...deeds, ['presses', 'Enter']])
      await page.waitForFunction((n) => window.minios.lines.length > n && window.minios.state === 'waiting', before)
      const got = await page.evaluate((n) => window.minios.lines.slice(n).map((one) => one.text), before)
      if (!same(got, [line])) lines[name] = got
    }
    const foreign = ['\u0995\u09bf', '\u010d', '\u4e2d']
    const refused = await page.evaluate(() => window.minios.text.length)
    for (const word of foreign) {
      await put([['letters', 'map '], ['composes', word], ['says', word]])
      await type(page, '')
    }
    const told = (await page.evaluate((n) => window.minios.text.slice(n), refused)).match(/no ASCII text/g)?.length
    const atPrompt = () =>
      page.evaluate(() =>
        [...document.querySelectorAll('.xterm-rows > div')].at(-1).textContent.startsWith('minios>'),
      )
    await field.focus()
    await page.keyboard.press('Shift+PageUp')
    await settled(page)
    const away = !(await atPrompt())
    await put([['letters', 'x'], ['back']])
    await settled(page)
    const back = away && (await atPrompt())
    await page.locator('.lab-left > .lab-buttons button', { hasText: /^blocks$/ }).click()
    await ready(page)
    const last = await page.evaluate(() => window.minios.lines.at(-1).text)
    return { tried: Object.keys(writes).length, lines, told, back, last }
  },

  /** A finger over the terminal of a phone: [how far the page went, by how many rows the terminal], and the zoom. */
  async touch() {
    const page = await started({ width: 375, height: 667, options: { hasTouch: true, isMobile: true } })
    const client = await page.context().newCDPSession(page)
    for (let n = 0; n < 20; n++) await send(page, `alloc ${n}`)
    await page.evaluate(() => document.querySelector('.lab-terminal').scrollIntoView({ block: 'center' }))
    await page.waitForTimeout(200)
    const where = () =>
      page.evaluate(() => {
        const rows = [...document.querySelectorAll('.xterm-rows > div')].map((row) => row.textContent)
        const top = rows.findIndex((row) => row.startsWith('#'))
        const line = 3 * Number(rows[top]?.match(/\d+/)[0]) - top // a command's own row, and two of its answer
        return { page: scrollY, rows: line, side: document.querySelector('.lab-terminal').scrollLeft }
      })
    const swipe = async (dx, dy) => {
      const before = await where()
      const box = await page.locator('.lab-terminal').boundingBox()
      const [x, y] = [150, Math.min(500, Math.max(150, box.y + box.height / 2))]
      const touch = (type, ...touchPoints) => client.send('Input.dispatchTouchEvent', { type, touchPoints })
      await touch('touchStart', { x, y })
      for (let n = 1; n <= 10; n++) {
        await touch('touchMove', { x: x + (dx * n) / 10, y: y + (dy * n) / 10 })
        await page.waitForTimeout(20)
      }
      await touch('touchEnd')
      await page.waitForTimeout(500)
      const after = await where()
      return [after.page - before.page, after.rows - before.rows, after.side - before.side].map(Math.round)
    }
    const seen = { page: [await swipe(0, 100), await swipe(0, -100)], side: await swipe(-80, 0) }
    await page.locator('.lab-terminal').tap()
    await page.waitForTimeout(200)
    seen.tapped = await page.evaluate(() => document.activeElement.matches('.xterm-helper-textarea'))
    seen.rows = [await swipe(0, 100), await swipe(0, -150), await swipe(0, -100)]
    const { y: top } = await page.locator('.lab-terminal').boundingBox()
    for (let n = 0; n <= 10; n++) {
      const touchPoints = [150 - 8 * n, 160 + 8 * n].map((x, id) => ({ x, y: top + 60, id }))
      await client.send('Input.dispatchTouchEvent', { type: n ? 'touchMove' : 'touchStart', touchPoints })
      await page.waitForTimeout(20)
    }
    await client.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
    seen.zoom = await page.evaluate(() => window.visualViewport.scale)
    seen.letters = await page.evaluate(() =>
      [...document.querySelectorAll('.lab textarea, .lab input:not([type=range]), .lab select')].map((field) =>
        parseFloat(getComputedStyle(field).fontSize),
      ),
    )
    seen.slider = await page.evaluate(() => {
      const left = (name) => document.querySelector(`.xterm ${name}`).getBoundingClientRect()
      return left('.scrollbar.vertical').right - left('.xterm-screen').right
    })
    return seen
  },

  /** Whether the terminal keeps a wheel for itself: [with Ctrl, without]. */
  async wheel() {
    const page = await started()
    for (let n = 0; n < 20; n++) await send(page, `alloc ${n}`)
    await page.hover('.xterm-screen')
    await page.evaluate(() => {
      addEventListener('wheel', (event) => setTimeout(() => (window.taken = event.defaultPrevented)), true)
    })
    const taken = []
    for (const keys of [['Control'], []]) {
      for (const key of keys) await page.keyboard.down(key)
      await page.evaluate(() => (window.taken = undefined))
      await page.mouse.wheel(0, -120)
      await page.waitForFunction(() => window.taken !== undefined)
      taken.push(await page.evaluate(() => window.taken))
      for (const key of keys) await page.keyboard.up(key)
    }
    return { taken }
  },

  /** The menu of the right button puts a selected word into the field, where it must stay. */
  async menu() {
    const page = await started()
    await type(page, 'alloc 100')
    const box = await page.locator('.lab-xterm .xterm-screen').boundingBox()
    await page.mouse.dblclick(box.x + 20, box.y + box.height / 48)
    await page.mouse.click(box.x + 20, box.y + box.height / 48, { button: 'right' })
    const held = await page.locator('.xterm-helper-textarea').inputValue()
    await page.keyboard.press('Escape')
    await type(page, 'stats')
    return { held, lines: await page.evaluate(() => window.minios.lines.map((line) => line.text)) }
  },

  /** The name of the book, with one part of the page and then another scrolled behind it: does anything shine through? */
  async title(width) {
    const page = await open({ width: Number(width), options: { reducedMotion: 'reduce' } })
    await ready(page)
    const seen = []
    for (const top of [360, 560]) {
      await page.evaluate((y) => window.scrollTo(0, y), top)
      await page.waitForTimeout(300)
      seen.push((await page.screenshot({ clip: { x: 0, y: 0, width: 300, height: 60 } })).toString('base64'))
    }
    return { same: seen[0] === seen[1] }
  },

  /** From the terminal to the block, and the other way round. */
  async hover() {
    const page = await started()
    for (const line of ['alloc 100', 'alloc 13', 'alloc 7']) await type(page, line)
    const box = await page.locator('.lab-xterm .xterm-screen').boundingBox()
    const row = (await printed(page)).split('\n').findIndex((line) => line.startsWith('#2 at'))
    const [width, height] = [box.width / 80, box.height / 24]
    await page.mouse.move(box.x + width * 10, box.y + height * (row + 1.5))
    await page.mouse.move(box.x + width * 0.8, box.y + height * (row + 0.5), { steps: 4 })
    await page.waitForSelector('.lab-lit')
    const lit = await page.locator('.lab-lit .lab-number').allInnerTexts()
    await page.mouse.click(box.x + width * 0.8, box.y + height * (row + 0.5))
    await page.waitForSelector('.lab-bytes')
    const chosen = await page.locator('.lab-bytes .lab-title').innerText()
    await page.hover('.lab-block >> nth=2')
    await page.waitForTimeout(200)
    const places = await page.locator('.xterm-decoration').count()
    return { lit, chosen, places }
  },

  /** Away from the page and back; at rest it costs little. */
  async leaving() {
    const page = await started()
    const client = await page.context().newCDPSession(page)
    await client.send('Performance.enable')
    const spent = async () =>
      (await client.send('Performance.getMetrics')).metrics.find((one) => one.name === 'TaskDuration').value
    await page.waitForTimeout(1000)
    const [before, begun] = [await spent(), Date.now()]
    await page.waitForTimeout(3000)
    const idle = (1000 * ((await spent()) - before)) / (Date.now() - begun)
    await page.evaluate(() => {
      window.kept = window.minios.guest.emulator
    })
    await page.click('.VPNavBarTitle a')
    await page.waitForFunction(() => !document.querySelector('.lab'))
    await page.waitForTimeout(500)
    return {
      idle,
      gone: await page.evaluate(() => window.minios === undefined),
      running: await page.evaluate(() => window.kept.is_running()),
    }
  },

  async offline() {
    const page = await started()
    await page.context().setOffline(true)
    await type(page, 'alloc 100')
    await bootAnew(page)
    await type(page, 'alloc 13')
    return { rows: (await picture(page)).rows.length }
  },

  /** The line with free_memory_pointer, at many widths and so in many sizes of letters. */
  /** On a phone: what is in sight beside the terminal, what its rows look like, and the book's menu. */
  async narrow(path, width) {
    const page = await started({ path, width: Number(width), height: 640, options: { hasTouch: true, isMobile: true } })
    for (const line of ['alloc 100', 'alloc 200 256', 'map']) await send(page, line)
    await settled(page)
    const shown = await page.evaluate(() => {
      const box = (name) => document.querySelector(name).getBoundingClientRect()
      scrollTo(0, scrollY + box('.lab-terminal').top - document.querySelector('.VPLocalNav').offsetHeight)
      const places = { terminal: '.lab-terminal', pointer: '.lab-pointer', block: 'button.lab-block', command: '.lab-buttons button' }
      const bottoms = Object.entries(places).map(([name, place]) => [name, box(place).bottom / innerHeight])
      const terminal = document.querySelector('.lab-terminal')
      const letters = parseFloat(getComputedStyle(document.querySelector('.xterm-rows')).fontSize)
      return { bottoms: Object.fromEntries(bottoms), sideways: terminal.scrollWidth - terminal.clientWidth, letters }
    })
    const rows = () => page.$$eval('.xterm-rows > div', (all) => all.map((row) => row.textContent.trimEnd()).filter(Boolean))
    await page.locator('.xterm-helper-textarea').focus()
    await page.keyboard.type('x'.repeat(70), { delay: 5 })
    await page.waitForTimeout(300)
    const typed = await rows()
    for (let n = 0; n < 70; n++) await page.keyboard.press('Backspace', { delay: 5 })
    await page.waitForTimeout(300)
    const after = await rows()
    await page.click('.VPLocalNav .menu')
    await page.waitForSelector('.VPSidebar.open')
    const menu = await page.$$eval('.VPSidebar a', (links) => links.length)
    return { ...shown, broken: typed.filter((row) => row.includes('xxx')).length, last: after.at(-1), left: after.filter((row) => row.includes('xx')).length, menu }
  },

  async underscores(ratio) {
    const page = await started({ options: { deviceScaleFactor: Number(ratio) } })
    await type(page, 'alloc 100')
    const drawn = {}
    for (const width of [320, 360, 375, 412, 600, 768, 900, 1024, 1280, 1366, 1440, 1600, 1920]) {
      await page.setViewportSize({ width, height: 900 })
      await settled(page)
      await page.locator('.lab-terminal').scrollIntoViewIfNeeded()
      drawn[width] = await underscores(page)
    }
    return { drawn }
  },

  async screen() {
    const page = await started()
    await page.click('.lab-tabs button >> nth=1')
    await page.click('.lab-vga')
    await page.keyboard.type('alloc 42\n')
    await page.waitForFunction(() => document.querySelector('.lab-vga').textContent.includes('#1 at'))
    await settled(page)
    const text = await page.locator('.lab-vga').evaluate((screen) => screen.textContent)
    await page.keyboard.press('Escape')
    return {
      text,
      rows: (await picture(page)).rows.length,
      left: await page.evaluate(() => !document.activeElement.matches('.lab-vga')),
    }
  },

  /** Beside the sessions of chapter 4: nothing is fetched before it is asked for. */
  async chapter(prefix) {
    const heavy = []
    const context = await chromium.newContext({ viewport: { width: 1280, height: 900 } })
    const page = await context.newPage()
    watch(page)
    page.on('request', (request) => /\.(wasm|elf)$|Lab\.|xterm/.test(request.url()) && heavy.push(request.url()))
    await page.goto(`${site}${prefix}${CHAPTER}`)
    await page.waitForSelector('.try-it button')
    await page.waitForTimeout(500)
    const early = [...heavy]
    const buttons = await page.locator('.try-it > button').count()
    await page.locator('.try-it > button').first().click()
    await ready(page)
    await page.waitForFunction(() => window.minios.lines.length >= 3 && window.minios.state === 'waiting')
    const lines = await page.evaluate(() => window.minios.lines.map((line) => line.text))
    const session = await page.locator('.try-it').first().evaluate((room) => {
      let above = room.previousElementSibling // past the picture that moves
      while (!above.matches('figure.fence')) above = above.previousElementSibling
      return above.querySelector('pre').innerText
    })
    await page.locator('.try-it > button').nth(1).click()
    await page.waitForFunction(
      () =>
        document.querySelectorAll('.try-it .lab').length === 2 &&
        document.querySelectorAll('.try-it .lab[data-state=ended]').length === 1,
    )
    return {
      early,
      heavy: heavy.length,
      buttons,
      lines,
      session: [...session.matchAll(/^minios> (.*)$/gm)].map((line) => line[1].trim()),
    }
  },
}

try {
  const result = await looks[what](argument, more)
  console.log(`\n${JSON.stringify({ ...result, ...seen })}`)
} finally {
  await chromium.close()
}
