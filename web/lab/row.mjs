// SPDX-License-Identifier: MIT
//
// The row of the screen that is being written. The kernel's line editor draws with plain characters and backspaces
// alone, so what stands behind the prompt when a row ends is the line that was typed.

const ESCAPE = 27
const LETTER = /[A-Za-z]/
const JOB = /^\[\d+\] (?!(?:every|after) \d+ ms: )/ // the kernel tells so of a command whose time has come

export class Row {
  prompt = 'minios> '

  constructor() {
    this.clear()
    this.escape = false
  }

  clear() {
    this.text = ''
    this.cursor = 0
    this.from = undefined // where the row begins in all that was printed
  }

  isPrompt() {
    return this.text.startsWith(this.prompt)
  }

  /** Takes a byte and its place. Gives { text, from } when it ends a row with a prompt. */
  byte(byte, place) {
    const letter = String.fromCharCode(byte)
    this.from ??= place
    if (letter === '\n') return this.end()
    if (this.escape) this.escape = !LETTER.test(letter)
    else if (byte === ESCAPE) this.escape = true
    else if (letter === '\b') this.cursor = Math.max(0, this.cursor - 1)
    else if (byte >= 32) this.put(letter)
    return undefined
  }

  put(letter) {
    this.text = this.text.slice(0, this.cursor) + letter + this.text.slice(this.cursor + 1)
    this.cursor++
  }

  /** The last such row, once. */
  takeJob() {
    const { job } = this
    this.job = undefined
    return job
  }

  end() {
    const line = this.isPrompt() ? { text: this.text.slice(this.prompt.length).trim(), from: this.from } : undefined
    this.job = JOB.test(this.text) ? this.text.trimEnd() : undefined
    this.clear()
    return line
  }
}
