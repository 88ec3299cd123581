// SPDX-License-Identifier: MIT
//
// A lesson as a page opens it: its words, what is kept in this browser, and the tools, which come later.

import { Progress } from './progress.mjs'
import { Memory, Store } from './store.mjs'
import { materialOf } from './words.mjs'
import bengali from './words.bn.json'
import english from './words.en.json'

const MATERIAL = { bn: () => import('./material.bn.mjs'), en: () => import('./material.en.mjs') }
const ALONE = 'minios.learn'

/** The page's own words; all else is said in those of the terminal. */
export function sayIn(language) {
  const words = language.startsWith('bn') ? bengali : english
  return (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '')
}

/** Where a browser keeps things; one that does not has a name for the reason. */
function storage() {
  try {
    const place = window.localStorage
    place.setItem('minios.try', '1')
    place.removeItem('minios.try')
    return { place }
  } catch (reason) {
    return { place: new Memory(), trouble: reason?.name ?? String(reason) }
  }
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

export async function openLesson(language, { another }) {
  const name = language.startsWith('bn') ? 'bn' : 'en'
  const files = inExercises((await MATERIAL[name]()).default)
  const material = materialOf(files, name)
  const { place, trouble } = storage()
  const progress = new Progress(new Store(place), { most: material.steps.length, template: material.template })
  return {
    material,
    progress,
    trouble,
    end: waitAlone(another),
    tools: async () => (await import('./tools.mjs')).loadTools(files),
  }
}

function inExercises(files) {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [path.replace(/^.*\/exercises\//, ''), text]))
}
