// SPDX-License-Identifier: MIT
//
// What a look at the heap needs, as a page has it: the compiler in its Worker, the kernel with a hole, the emulator.

import kernel from '../../build/book/hole.elf?url'
import tcc from '../../build/tcc/tcc.wasm?url'
import { startGuest } from '../lab/guest.mjs'
import { emulator, load } from '../lab/machine.mjs'
import { OPTIONS, typeAt } from './boot.mjs'
import { runCheck } from './check.mjs'
import { Compiler } from './compiler.mjs'
import { helpFor, readPatterns } from './help.mjs'
import { link } from './link.mjs'
import worker from './worker.mjs?worker&url'

/** files: those of exercises/, which the compiler's headers and words of help come from. */
export async function loadTools(files) {
  const [module, elf, { V86, code }] = await Promise.all([load(tcc).then((bytes) => WebAssembly.compile(bytes)), load(kernel), emulator()])
  const compiler = new Compiler(() => new Worker(worker), module, { 'my_heap.h': files['my_heap.h'] })
  const patterns = readPatterns(files['words/compiler.patterns.txt'])
  const start = (image) => (tell) => startGuest({ V86, code, image, options: OPTIONS, tell })
  return {
    compile: (source) => compiler.compile(source),
    helpFor: (first, messages) => helpFor(patterns, [first, ...messages.map(({ text }) => text)]),
    link: (object) => link(elf, object),
    check: (what) => runCheck({ V86, code, ...what }),
    boot: ({ image, lines }) => typeAt({ lines, start: start(image) }),
    end: () => compiler.end(),
    later: [worker], // what is not fetched before it is needed
  }
}
