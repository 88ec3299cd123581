// SPDX-License-Identifier: MIT
//
// A lesson as a page opens it: its words, what is kept in this browser, and the tools, which come later.

import { Progress } from './progress.mjs'
import { Nothing, Store } from './store.mjs'
import { materialOf } from './words.mjs'
import bengali from './words.bn.json'
import english from './words.en.json'

const MATERIAL = { bn: () => import('./material.bn.mjs'), en: () => import('./material.en.mjs') }
const ALONE = 'minios.learn'
const TRY = '.try'

/** The page's own words; all else is said in those of the terminal. */
export function sayIn(language) {
  const words = language.startsWith('bn') ? bengali : english
  return (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '')
}

/** Where a browser keeps things; one that does not may throw already when it is asked for. */
function storage() {
  try {
    return window.localStorage
  } catch (reason) {
    return new Nothing(reason)
  }
}

/** A store of which failed hears at once, should it not be able to keep anything. */
function openStore(failed) {
  const store = new Store(storage(), failed)
  store.write(TRY, '1')
  store.remove(TRY)
  return store
}

/** Tells while another page of this browser has been open for longer. */
function waitAlone(told) {
  let leave = () => {}
  const left = new Promise((resolve) => (leave = resolve))
  const mine = () => {
    told(false)
    return left
  }
  navigator.locks?.request(ALONE, { ifAvailable: true }, (lock) => {
    if (lock) return mine()
    told(true)
    navigator.locks.request(ALONE, mine)
    return undefined
  })
  return leave
}

export async function openLesson(language, { another, failed }) {
  const name = language.startsWith('bn') ? 'bn' : 'en'
  const files = inExercises((await MATERIAL[name]()).default)
  const material = materialOf(files, name)
  const progress = new Progress(openStore(failed), { most: material.steps.length, template: material.template })
  return {
    material,
    progress,
    end: waitAlone(another),
    tools: async () => (await import('./tools.mjs')).loadTools(files),
  }
}

function inExercises(files) {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [path.replace(/^.*\/exercises\//, ''), text]))
}
