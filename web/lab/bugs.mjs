// SPDX-License-Identifier: MIT
//
// The bugs of the lab, as the kernel's own table names them.

import table from '../../kernel/lab/bugs.def?raw'

export const bugs = [...table.matchAll(/^BUG\((\w+), (?:\w+), "(.*?)",/gm)].map(([, name, see]) => ({
  name: name.replaceAll('_', '-'),
  see,
}))
