// SPDX-License-Identifier: MIT
//
// The same machine without a page.

import fs from 'node:fs'
import { V86 } from 'v86'
import { startGuest } from './guest.mjs'

export { V86 }
const WASM = new URL('../node_modules/v86/build/v86.wasm', import.meta.url)
export const CODE = async (imports) => (await WebAssembly.instantiate(fs.readFileSync(WASM), imports)).instance.exports

export function imageAt(path) {
  return new Uint8Array(fs.readFileSync(path))
}

export function boot(image, options, tell) {
  return startGuest({ V86, code: CODE, image, options, tell })
}
