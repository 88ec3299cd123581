// SPDX-License-Identifier: MIT
//
// The browser that prints the book and that the tests look with: Debian's Chromium, which asks nobody anything.

import fs from 'node:fs'
import { chromium } from 'playwright-core'

const PLACES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium']
const ALONE = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync']

export async function browser() {
  const executablePath = PLACES.find((place) => place && fs.existsSync(place))
  if (!executablePath) throw new Error('Chromium is missing: ./minios doctor, or CHROMIUM=/path/to/it')
  return chromium.launch({ executablePath, args: ALONE })
}
