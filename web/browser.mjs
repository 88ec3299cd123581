// SPDX-License-Identifier: MIT
//
// The browser that prints the book and that the tests look with: Debian's Chromium, which asks nobody anything. The lab is
// tried in Firefox as well, as it is installed; Playwright has need of one of its own, Puppeteer has not.

import fs from 'node:fs'
import { chromium } from 'playwright-core'

const PLACES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium']
const FIREFOX = [process.env.FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox', '/Applications/Firefox.app/Contents/MacOS/firefox']
const ALONE = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync']

function first(places, name) {
  const found = places.find((place) => place && fs.existsSync(place))
  if (!found) throw new Error(`${name} is missing: ./minios doctor, or ${name.toUpperCase()}=/path/to/it`)
  return found
}

export async function browser() {
  return chromium.launch({ executablePath: first(PLACES, 'Chromium'), args: ALONE })
}

export async function firefox() {
  const { launch } = await import('puppeteer-core')
  return launch({ browser: 'firefox', executablePath: first(FIREFOX, 'Firefox'), headless: true })
}
