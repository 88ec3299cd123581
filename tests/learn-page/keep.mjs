// SPDX-License-Identifier: MIT
//
// What the page keeps of a learner, in Node:  node keep.mjs pack ZIP < JSON of what to do   |   node keep.mjs take ZIP < JSON
// of the files before. Prints the files after it, as bytes in base64, and the steps that are passed.

import fs from 'node:fs'
import { bytesOf, textOf } from '../../web/learn/bytes.mjs'
import { filesIn, pack, take } from '../../web/learn/folder.mjs'
import { Progress } from '../../web/learn/progress.mjs'
import { Memory, Store } from '../../web/learn/store.mjs'

const [what, place] = process.argv.slice(2)
const given = JSON.parse(fs.readFileSync(0, 'utf8'))
const store = new Store(new Memory())
const progress = new Progress(store, { most: 11, template: given.template ?? '' })
const from64 = (text) => textOf(Buffer.from(text, 'base64'))
const acts = {
  write: (text) => progress.write(from64(text)),
  passed: (step) => progress.markPassed(step, progress.text),
  hint: (step) => progress.nextHint(step, 3),
  reset: (step) => progress.reset(step),
}

for (const [name, ...words] of given.acts ?? []) acts[name](...words)
for (const [name, text] of Object.entries(given.files ?? {})) store.write(name, from64(text))
let kept
if (what === 'pack') fs.writeFileSync(place, pack(store))
if (what === 'take') {
  const files = filesIn(new Uint8Array(fs.readFileSync(place)))
  kept = files ? (take(progress, files) ?? null) : 'refused'
}
const files = Object.fromEntries(store.names().map((name) => [name, Buffer.from(bytesOf(store.read(name))).toString('base64')]))
console.log(JSON.stringify({ files, kept, done: progress.done, current: progress.current, text: progress.text }))
