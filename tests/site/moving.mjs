// SPDX-License-Identifier: MIT
//
// Steps through the pictures that move on pages of the built site, in Chromium, and prints what it saw as JSON:
//     node tests/site/moving.mjs ADDRESS PAGE...
// It judges nothing: tests/test_moving.py does.

import { browser } from '../../web/browser.mjs'
import { opened } from './opened.mjs'
import { several } from './several.mjs'

const READERS = {
  desk: { width: 1440, colorScheme: 'light', reducedMotion: 'reduce' },
  phone: { width: 375, colorScheme: 'dark', reducedMotion: 'reduce' },
  lively: { width: 1280, reducedMotion: 'no-preference' },
}

/** What a picture shows now, as text and places. */
const shown = (place) => {
  const texts = (select) => [...place.querySelectorAll(`.moving-live ${select}`)].map((one) => one.innerText.replace(/\s+/g, ' ').trim())
  return {
    step: Number(place.dataset.step),
    pointer: texts('.lab-pointer code')[1],
    free: texts('.lab-stack .lab-free')[0].match(/[\d,]+/)[0],
    blocks: [...place.querySelectorAll('.moving-live .lab-block')].map((block) => ({
      number: block.querySelector('.lab-number').innerText,
      pieces: [...block.querySelectorAll('.lab-bar > span')].map((piece) => [piece.className.match(/lab-(gap|payload|slack|tag)/)[1], Number(piece.innerText.replace(/\D/g, ''))]),
      wrong: [...block.querySelectorAll('.lab-piece-wrong')].map((piece) => piece.className.match(/lab-(gap|payload|slack|tag)/)[1]),
    })),
    numbers: texts('.moving-numbers > span'),
    told: texts('.lab-step')[0],
    announced: texts('[role=status]')[0],
    height: place.getBoundingClientRect().height,
    links: [...document.querySelectorAll('a[aria-current=step]')].map((link) => link.getAttribute('href')),
    moves: document.getAnimations().filter((one) => place.contains(one.effect.target)).length,
  }
}

/** Words that lie on each other or stick out of their piece, and letters too small to read. */
const unclear = (place) => {
  const words = []
  const walker = document.createTreeWalker(place.querySelector('.moving-live'), NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const at = walker.currentNode.parentElement
    if (!walker.currentNode.data.trim() || at.closest('.lab-unseen, .lab-room')) continue
    const range = document.createRange()
    range.selectNodeContents(walker.currentNode)
    for (const { left, right, top, bottom } of range.getClientRects())
      words.push({ text: walker.currentNode.data.trim(), left, right, top: top + 2, bottom: bottom - 2, size: parseFloat(getComputedStyle(at).fontSize), at })
  }
  const over = (one, other) => one.left < other.right - 1 && other.left < one.right - 1 && one.top < other.bottom && other.top < one.bottom
  const crossed = words.flatMap((one, n) => words.slice(n + 1).filter((other) => over(one, other)).map((other) => [one.text, other.text]))
  const out = words.filter(({ at, left, right }) => {
    const piece = at.closest('.lab-bar > span')?.getBoundingClientRect()
    return piece && (left < piece.left - 1 || right > piece.right + 1)
  })
  return { crossed, out: out.map(({ text }) => text), small: words.filter(({ size }) => size < 12).map(({ text, size }) => [text, size]) }
}

/** A picture obeys its buttons once its code has come, which a busy machine brings late. Then it is at its first step. */
async function obeying(page, name) {
  const place = page.locator(`[data-moving="${name}"]`)
  await place.evaluate(async (place) => {
    const [first, , next] = place.querySelectorAll('.lab-scrubber button')
    const press = async (button) => {
      button.click()
      await new Promise((drawn) => requestAnimationFrame(drawn))
    }
    const before = place.dataset.step
    for (let frames = 0; place.dataset.step === before && frames < 3000; frames++) await press(next.disabled ? first : next)
    await press(first)
  })
}

/** From the first step to the last by the buttons: what each shows, and what of it is unclear. */
async function stepThrough(page, name) {
  await obeying(page, name)
  return page.evaluate(
    async ([name, shown, unclear]) => {
      const [look, judge] = [new Function(`return ${shown}`)(), new Function(`return ${unclear}`)()]
      const place = document.querySelector(`[data-moving="${name}"]`)
      const [first, , next] = place.querySelectorAll('.lab-scrubber button')
      const seen = { steps: [], troubles: [] }
      const keep = async () => {
        await new Promise((drawn) => requestAnimationFrame(drawn))
        seen.steps.push(look(place))
        seen.troubles.push(judge(place))
      }
      place.scrollIntoView()
      first.click()
      await keep()
      while (!next.disabled) {
        next.click()
        await keep()
      }
      return seen
    },
    [name, String(shown), String(unclear)],
  )
}

/** By keys: first, on, back, last. */
async function byKeys(page, name) {
  const seen = []
  await page.focus(`[data-moving="${name}"] .moving-live`)
  for (const key of ['Home', 'ArrowRight', 'ArrowRight', 'ArrowLeft', 'End']) {
    await page.keyboard.press(key)
    seen.push(await page.locator(`[data-moving="${name}"]`).evaluate((place) => Number(place.dataset.step)))
  }
  return seen
}

/** Each link to a step: where does it take the picture, and is that in sight? */
const byLinks = async () => {
  const seen = []
  for (const link of document.querySelectorAll('.vp-doc a.step-link')) {
    const [, name] = /#step-(.+)-\d+$/.exec(link.hash)
    document.body.dataset.mine = 'same'
    link.scrollIntoView({ block: 'center' })
    link.click()
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
    const place = document.querySelector(`[data-moving="${name}"]`)
    const { top, bottom } = place.getBoundingClientRect()
    seen.push({
      href: link.getAttribute('href'),
      went: `#step-${name}-${place.dataset.step}`,
      inSight: bottom > 0 && top < innerHeight,
      here: link.getAttribute('aria-current'),
      sentence: link.closest('pre') === null,
      stayed: document.body.dataset.mine === 'same',
    })
  }
  return seen
}

/** How much is on its way when the picture goes on from its first step: the pointer slides, where motion is allowed; and
 * what would be on its way on paper. */
async function moves(page, name) {
  await obeying(page, name)
  const most = await page.locator(`[data-moving="${name}"]`).evaluate(async (place) => {
    const frame = () => new Promise((drawn) => requestAnimationFrame(drawn))
    const underWay = () => document.getAnimations().filter((move) => place.contains(move.effect.target)).length
    for (let still = 0; still < 3; still = underWay() ? 0 : still + 1) await frame()
    let most = 0
    for (let n = 0; n < 3; n++) {
      place.querySelectorAll('.lab-scrubber button')[2].click()
      await frame()
      await frame()
      most = Math.max(most, underWay())
    }
    return most
  })
  await page.emulateMedia({ media: 'print' })
  const printed = await page.evaluate(() => document.getAnimations().filter((move) => move.effect.target.closest('.moving-still')).length)
  await page.emulateMedia({ media: 'screen' })
  return { most, printed }
}

/** What stands on paper. */
async function paper(page) {
  await page.emulateMedia({ media: 'print' })
  const seen = await page.$$eval('[data-moving]', (places) =>
    places.map((place) => ({
      name: place.dataset.moving,
      live: place.querySelector('.moving-live').checkVisibility(),
      stills: [...place.querySelectorAll('.moving-still')].filter((still) => still.checkVisibility()).map((still) => ({
        pointer: still.querySelectorAll('.lab-pointer code')[1].innerText,
        blocks: still.querySelectorAll('.lab-block').length,
        said: still.querySelector('.moving-caption').innerText,
      })),
    })),
  )
  await page.emulateMedia({ media: 'screen' })
  return seen
}

/** The address of a step opens the page at that step. */
async function byAddress(page, address, name, step) {
  await page.goto(`${address}#step-${name}-${step}`)
  const place = `[data-moving="${name}"]`
  await page.waitForSelector(`${place}[data-step="${step}"]`).catch(() => {})
  return page.$eval(place, (one) => Number(one.dataset.step))
}

function listen(page) {
  const errors = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (said) => ['error', 'warning'].includes(said.type()) && errors.push(said.text()))
  return errors
}

async function view(page, address, seen) {
  const errors = listen(page)
  await opened(page, address)
  seen.names = await page.$$eval('[data-moving]', (places) => places.map((place) => place.dataset.moving))
  const pictures = {}
  for (const one of seen.names) pictures[one] = { ...(await stepThrough(page, one)), keys: await byKeys(page, one) }
  return { pictures, links: await page.evaluate(byLinks), paper: await paper(page), errors }
}

/** With readers who want no motion, on a desk and with a phone, and with one who allows it. */
async function look({ desk, phone, lively }, address) {
  const seen = { views: {}, moves: {} }
  for (const [name, reader] of Object.entries({ phone, desk })) {
    const page = await reader.newPage()
    seen.views[name] = await view(page, address, seen)
    if (name === 'desk') seen.moves.reduced = await moves(page, seen.names[0])
    await page.close()
  }
  const page = await lively.newPage()
  seen.address = await byAddress(page, address, seen.names[0], 0)
  seen.moves.asked = await moves(page, seen.names[0])
  await page.close()
  return seen
}

const [site, ...paths] = process.argv.slice(2)
const chromium = await browser()
const readers = {}
for (const [name, { width, ...wants }] of Object.entries(READERS)) readers[name] = await chromium.newContext({ viewport: { width, height: 900 }, ...wants })
const seen = {}
await several(paths, async (path) => (seen[path] = await look(readers, site + path)))
await chromium.close()
console.log(JSON.stringify(seen))
