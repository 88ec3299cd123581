// SPDX-License-Identifier: MIT
//
// Where the learner's files are kept: in the browser, each by its name, and each replaced as a whole. One for both languages.

const PLACE = 'minios.learn/'

/** A store over localStorage, or over whatever has its calls. */
export class Store {
  constructor(storage) {
    this.storage = storage
  }

  names() {
    const keys = Array.from({ length: this.storage.length }, (_, n) => this.storage.key(n))
    return keys.filter((key) => key.startsWith(PLACE)).map((key) => key.slice(PLACE.length)).sort()
  }

  read(name) {
    return this.storage.getItem(PLACE + name) ?? undefined
  }

  /** Throws when there is no room; then all is as before. */
  write(name, text) {
    if (this.read(name) !== text) this.storage.setItem(PLACE + name, text)
  }

  remove(name) {
    this.storage.removeItem(PLACE + name)
  }

  /** Of an event of the browser: the name of the file that another page wrote. */
  static nameIn(event) {
    return event.key?.startsWith(PLACE) ? event.key.slice(PLACE.length) : undefined
  }
}

/** For a browser that keeps nothing. */
export class Memory {
  constructor() {
    this.map = new Map()
  }

  get length() {
    return this.map.size
  }

  key = (n) => [...this.map.keys()][n] ?? null
  getItem = (key) => this.map.get(key) ?? null
  setItem = (key, value) => void this.map.set(key, value)
  removeItem = (key) => void this.map.delete(key)
}
