// SPDX-License-Identifier: MIT
//
// The bugs of the lab, as the kernel's own table names them.

import ofTheHeap from '../../kernel/lab/bugs.def?raw'
import withInterrupts from '../../kernel/lab/interrupt_bugs.def?raw'

export const bugs = [...(ofTheHeap + withInterrupts).matchAll(/^BUG\((\w+), (?:\w+), "(.*?)",/gm)].map(([, name, see]) => ({
  name: name.replaceAll('_', '-'),
  see,
}))
