// SPDX-License-Identifier: MIT
//
// Where the learner's files are kept: in the browser, each by its name, and each replaced as a whole. One for both languages.

const PLACE = 'minios.learn/'

/** A store over localStorage, or over whatever has its calls. What that cannot keep is kept here, for as long as the page is
 * open, and failed hears the reason; and nothing, as soon as all is kept again. */
export class Store {
  constructor(storage, failed = () => {}) {
    Object.assign(this, { storage, failed, unkept: new Map() })
  }

  names() {
    const keys = Array.from({ length: this.storage.length }, (_, n) => this.storage.key(n))
    const kept = keys.filter((key) => key.startsWith(PLACE)).map((key) => key.slice(PLACE.length))
    return [...new Set([...kept, ...this.unkept.keys()])].sort()
  }

  read(name) {
    return this.unkept.get(name) ?? this.storage.getItem(PLACE + name) ?? undefined
  }

  write(name, text) {
    if (this.read(name) === text && !this.unkept.has(name)) return
    try {
      this.storage.setItem(PLACE + name, text)
      this.unkept.delete(name)
      if (this.unkept.size === 0) this.failed()
    } catch (reason) {
      this.unkept.set(name, text)
      this.failed(reason)
    }
  }

  remove(name) {
    this.unkept.delete(name)
    this.storage.removeItem(PLACE + name)
  }

  /** Of an event of the browser: the name of the file that another page wrote. */
  static nameIn(event) {
    return event.key?.startsWith(PLACE) ? event.key.slice(PLACE.length) : undefined
  }
}

/** The calls of localStorage where there is none. */
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

/** Keeps nothing, and says why. */
export class Nothing extends Memory {
  constructor(reason) {
    super()
    this.setItem = () => {
      throw reason
    }
  }
}
