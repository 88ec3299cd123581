// SPDX-License-Identifier: MIT
//
// What the lab shows, read from its page: for whatever drives the browser, as long as it has page.evaluate.

/** The picture follows within some 60 ms. */
export async function settled(page) {
  await page.evaluate(
    () => new Promise((resolve) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(resolve)), 70)),
  )
}

/** What the picture shows, from its elements: a row a block, the words, the figures. */
export async function picture(page) {
  await settled(page)
  return page.evaluate(() => {
    const text = (element) => element.textContent.trim()
    const part = (block, piece) =>
      Number(block.querySelector(`.lab-bar > .lab-${piece}`)?.lastChild.textContent.replace(/\D/g, '') ?? 0)
    const rows = [...document.querySelectorAll('li > .lab-block')].map((block) => {
      const [payload, owner] = text(block.querySelector('.lab-told')).split(' · ')
      return [
        text(block.querySelector('.lab-number')).replace('\u2013', '-'),
        payload,
        part(block, 'payload'),
        part(block, 'gap'),
        part(block, 'slack'),
        owner,
      ].join(' ')
    })
    const words = [...document.querySelectorAll('.lab-words td:last-child')].map(text)
    return {
      rows,
      words,
      figures: text(document.querySelector('.lab-figures')),
      wrong: document.querySelectorAll('.lab-piece-wrong').length,
      alarms: [...document.querySelectorAll('.lab-right .lab-alarm')].map(text),
    }
  })
}

export const same = (one, other) => JSON.stringify(one) === JSON.stringify(other)
export const step = (page) => page.evaluate(() => document.querySelector('.lab-step').innerText)
export const printed = (page) => page.evaluate(() => window.minios.text.replace(/\x1b\[[0-9;]*[A-Za-z]|\r/g, ''))

/** Boots the machine again, and waits for the prompt of the new one: that of the old one still stands there for a moment. */
export async function bootAnew(page) {
  const old = await page.evaluateHandle(() => window.minios.history)
  await page.click('.lab-tools button >> nth=2')
  await page.waitForFunction((old) => window.minios.history && window.minios.history !== old && window.minios.state === 'waiting', old)
}

/** Goes on from the step that is shown; the page says that it goes back for as long as it does. */
export async function continueHere(page) {
  await page.click('.lab-past-note button')
  await page.waitForFunction(
    () => !document.querySelector('.lab-past') && window.minios.state === 'waiting' && document.querySelector('.lab-note').textContent.trim() === '',
  )
}
