// SPDX-License-Identifier: MIT
//
// Looks at heaps as the page does, from the compiler to the boot:  node look.mjs LANGUAGE < JSON of [[step, source, only], ...]
// for one learner, one after the other. Prints how each ended, and what was said.

import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startGuest } from '../../web/lab/guest.mjs'
import { CODE, V86 } from '../../web/lab/node.mjs'
import { OPTIONS, typeAt } from '../../web/learn/boot.mjs'
import { runCheck } from '../../web/learn/check.mjs'
import { Compiler } from '../../web/learn/compiler.mjs'
import { readExercises } from '../../web/learn/exercises.mjs'
import { helpFor, readPatterns } from '../../web/learn/help.mjs'
import { link } from '../../web/learn/link.mjs'
import { look } from '../../web/learn/look.mjs'
import { startWorker } from '../../web/learn/node.mjs'
import { plain } from '../../web/learn/plain.mjs'
import { Progress } from '../../web/learn/progress.mjs'
import { Memory, Store } from '../../web/learn/store.mjs'
import { materialOf } from '../../web/learn/words.mjs'

const at = (name) => fileURLToPath(new URL(`../../${name}`, import.meta.url))
const bytes = (name) => new Uint8Array(fs.readFileSync(at(name)))
const [language] = process.argv.slice(2)
const files = readExercises(at('exercises'))
const material = materialOf(files, language)
const own = JSON.parse(fs.readFileSync(at(`web/learn/words.${language}.json`), 'utf8'))
const say = (key, values = {}) => own[key].replace(/\{(\w+)\}/g, (_, name) => values[name])
const elf = bytes('build/hole/minios.elf')
const patterns = readPatterns(files['words/compiler.patterns.txt'])
const compiler = new Compiler(startWorker, new WebAssembly.Module(bytes('build/tcc/tcc.wasm')), { 'my_heap.h': files['my_heap.h'] })
const start = (image) => (tell) => startGuest({ V86, code: CODE, image, options: OPTIONS, tell })
const tools = {
  compile: (source) => compiler.compile(source),
  helpFor: (first, messages) => helpFor(patterns, [first, ...messages.map(({ text }) => text)]),
  link: (object) => link(elf, object),
  check: (what) => runCheck({ V86, code: CODE, ...what }),
  boot: ({ image, lines }) => typeAt({ lines, start: start(image) }),
}
const progress = new Progress(new Store(new Memory()), { most: material.steps.length, template: material.template })

const seen = []
for (const [step, source, only] of JSON.parse(fs.readFileSync(0, 'utf8'))) {
  const begun = performance.now()
  const { passed, step: at, line, pieces } = await look({ material, progress, tools, say }, { source, step, only })
  seen.push({ passed, step: at, line, said: plain(pieces), done: progress.done, took: performance.now() - begun })
}
compiler.end()
console.log(JSON.stringify(seen))
