// SPDX-License-Identifier: MIT
//
// The files of exercises/ that a lesson is made of, without a page: by their names below that folder.

import fs from 'node:fs'
import path from 'node:path'

const TOLD = /^(words\/.*\.txt|steps\/.*|template\.c|my_heap\.h)$/

export function readExercises(folder) {
  const names = fs.readdirSync(folder, { recursive: true }).map((name) => name.replaceAll(path.sep, '/'))
  const files = names.filter((name) => TOLD.test(name) && fs.statSync(path.join(folder, name)).isFile())
  return Object.fromEntries(files.map((name) => [name, fs.readFileSync(path.join(folder, name), 'utf8')]))
}
