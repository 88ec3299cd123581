// SPDX-License-Identifier: MIT
//
// Which function and line an address belongs to, by the lines (stabs) that TCC writes into an object.

import { nameAt, viewOf } from '../lab/elf.mjs'

const ENTRY_BYTES = 12
const [SOURCE, INCLUDED, FUNCTION, LINE] = [0x64, 0x84, 0x24, 0x44] // types of an entry

/** The rows { address, file, line }, lowest address first. stabs and names are the two sections, addresses put in. */
export function rowsOf(stabs, names) {
  const view = viewOf(stabs)
  const rows = []
  let file = ''
  let begin = 0 // of the function; its lines count from there
  for (let at = 0; at + ENTRY_BYTES <= stabs.length; at += ENTRY_BYTES) {
    const type = view.getUint8(at + 4)
    const [text, value] = [view.getUint32(at, true), view.getUint32(at + 8, true)]
    if (type === SOURCE || type === INCLUDED) file = nameAt(names, text)
    else if (type === FUNCTION && text !== 0) begin = value
    else if (type === LINE) rows.push({ address: (begin + value) >>> 0, file, line: view.getUint16(at + 6, true) })
  }
  return rows.sort((one, other) => one.address - other.address)
}

/** functions: [{ name, address, size }]. */
export class Places {
  constructor(functions, rows) {
    this.functions = functions
    this.rows = rows
  }

  /** { function, file, line } of an address; null where it is not the learner's code. behind: some of the line's code lies
   * in front of it. */
  at(address) {
    const inside = this.functions.find((one) => one.address <= address && address < one.address + one.size)
    const row = inside && this.rows.findLast((one) => one.address <= address)
    if (!row || row.address < inside.address) return null
    return { function: inside.name, file: row.file, line: row.line, behind: row.address < address }
  }
}
