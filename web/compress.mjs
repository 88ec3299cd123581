// SPDX-License-Identifier: MIT
//
// Compresses the built site once, as small as can be, so that whoever serves it only has to pick:  node compress.mjs FOLDER
// Beside page.html lie page.html.br and page.html.gz. All three get the same time: where it differs, somebody put another
// file there, and serve.py leaves what was compressed alone.
// What is compressed by its nature (pictures, fonts, PDF, EPUB) has none.

import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import zlib from 'node:zlib'

const WORTH_IT = /\.(html|js|css|json|svg|wasm|elf)$/
const LEAST = 200 // bytes; what is less fits into one packet anyway
const AT_ONCE = 4
const CODINGS = {
  br: promisify(zlib.brotliCompress),
  gz: (bytes) => promisify(zlib.gzip)(bytes, { level: 9 }),
}

async function compress(file) {
  const bytes = fs.readFileSync(file)
  const { mtime } = fs.statSync(file)
  fs.utimesSync(file, mtime, mtime)
  for (const [ending, code] of Object.entries(CODINGS)) {
    const smaller = await code(bytes)
    if (smaller.length >= bytes.length) continue
    fs.writeFileSync(`${file}.${ending}`, smaller)
    fs.utimesSync(`${file}.${ending}`, mtime, mtime)
  }
}

const [folder] = process.argv.slice(2)
const left = fs
  .readdirSync(folder, { recursive: true })
  .map((name) => path.join(folder, name))
  .filter((file) => WORTH_IT.test(file) && fs.statSync(file).size >= LEAST)
const worker = async () => {
  for (let next; (next = left.pop()); ) await compress(next)
}
await Promise.all(Array.from({ length: AT_ONCE }, worker))
