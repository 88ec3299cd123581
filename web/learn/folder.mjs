// SPDX-License-Identifier: MIT
//
// The learner's folder as a file to take along, and back from one: what LEARN_HOME names for ./minios learn.

import { unzipSync, zipSync } from 'fflate'
import { bytesOf, textOf } from './bytes.mjs'
import { FILE, isAside, isOwn } from './progress.mjs'

export const FOLDER = 'my-heap'
const LARGEST = 1 << 20 // bytes of one file; nobody writes more of a heap
const MOST = 200 // files
const ZIP = [0x50, 0x4b]

export function pack(store) {
  const files = store.names().filter(isOwn).map((name) => [`${FOLDER}/${name}`, bytesOf(store.read(name))])
  return zipSync(Object.fromEntries(files), { level: 9 })
}

/** The shortest way to a my_heap.c; whatever the folder is called, and however deep it lies. */
function rootOf(names) {
  const ends = names.filter((name) => name === FILE || name.endsWith(`/${FILE}`))
  return ends.sort((one, other) => one.length - other.length)[0]?.slice(0, -FILE.length)
}

function unpack(bytes) {
  const names = []
  const files = unzipSync(bytes, {
    filter: ({ name, originalSize }) => originalSize <= LARGEST && names.length < MOST && names.push(name) > 0,
  })
  const root = rootOf(names)
  if (root === undefined) return {}
  const inside = names.filter((name) => name.startsWith(root) && isOwn(name.slice(root.length)))
  return Object.fromEntries(inside.map((name) => [name.slice(root.length), textOf(files[name])]))
}

/** { name: text } of what somebody chose, a folder that was packed or a my_heap.c alone; nothing where it is neither. */
export function filesIn(bytes) {
  try {
    const files = ZIP.every((byte, n) => bytes[n] === byte) ? unpack(bytes) : single(bytes)
    return files[FILE] === undefined ? undefined : files
  } catch {
    return undefined
  }
}

/** A text, then, and no picture. */
function single(bytes) {
  return bytes.length > LARGEST || bytes.includes(0) ? {} : { [FILE]: textOf(bytes) }
}

/** Takes the files in; gives where the present heap was put, if it is another one. What was put aside, here or there, stays.
 * A heap that comes alone leaves the steps as they are. */
export function take(progress, files) {
  const { store } = progress
  const kept = progress.text === files[FILE] ? undefined : progress.putAside()
  for (const [name, text] of Object.entries(files))
    if (isAside(name)) progress.putAside(text)
    else if (name !== FILE) store.write(name, text)
  const gone = (name) => isOwn(name) && !isAside(name) && files[name] === undefined
  if (Object.keys(files).length > 1) for (const name of store.names()) if (gone(name)) store.remove(name)
  progress.write(files[FILE])
  return kept
}
