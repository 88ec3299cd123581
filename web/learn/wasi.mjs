// SPDX-License-Identifier: MIT
//
// The little that a C program asks of its system (WASI), in memory: one folder of files, arguments, what it tells.

const DONE = 0
const NO_SUCH_FD = 8
const NO_SUCH_FILE = 44
const NOT_HERE = 52

const FOLDER = 3 // the descriptor of the one folder that there is; files come behind it
const [KIND_TERMINAL, KIND_FOLDER, KIND_FILE] = [2, 3, 4]
const [CREATE, EMPTY] = [1, 8] // ways to open a file
const ALL_RIGHTS = (1n << 64n) - 1n

const utf8 = { from: new TextDecoder(), to: new TextEncoder() }

/** Thrown out of the program's midst when it ends. */
export class Exit extends Error {
  constructor(status) {
    super(`exit ${status}`)
    this.status = status
  }
}

class File {
  constructor(bytes = new Uint8Array()) {
    this.room = bytes
    this.length = bytes.length
  }

  get bytes() {
    return this.room.subarray(0, this.length)
  }

  write(bytes, at) {
    const end = at + bytes.length
    if (end > this.room.length) {
      const larger = new Uint8Array(2 * end)
      larger.set(this.bytes)
      this.room = larger
    }
    this.room.set(bytes, at)
    this.length = Math.max(this.length, end)
  }
}

export class System {
  /** files: { name: text }. arguments: the words of the command. */
  constructor(files, words) {
    this.files = new Map(Object.entries(files).map(([name, text]) => [name, new File(utf8.to.encode(text))]))
    this.words = words.map((word) => utf8.to.encode(`${word}\0`))
    this.open = new Map()
    this.told = ''
  }

  /** Runs a program; its exit status. What it wrote is in file() and told. */
  run(module) {
    const calls = callsOf(this)
    const imports = {}
    for (const { module: from, name } of WebAssembly.Module.imports(module))
      (imports[from] ??= {})[name] = calls[name] ?? (() => NOT_HERE)
    const { exports } = new WebAssembly.Instance(module, imports)
    this.memory = exports.memory
    try {
      exports._start()
    } catch (end) {
      if (end instanceof Exit) return end.status
      throw end
    }
    return 0
  }

  file(name) {
    return this.files.get(name)?.bytes.slice()
  }

  // ---- The program's memory, which may move whenever it grows ----

  view() {
    return new DataView(this.memory.buffer)
  }

  bytes(at, length) {
    return new Uint8Array(this.memory.buffer, at, length)
  }

  word(at, value) {
    this.view().setUint32(at, value, true)
  }

  text(at, length) {
    return utf8.from.decode(this.bytes(at, length))
  }

  /** The pieces of memory that a read or write names. */
  pieces(at, count) {
    const view = this.view()
    return Array.from({ length: count }, (_, n) =>
      this.bytes(view.getUint32(at + 8 * n, true), view.getUint32(at + 8 * n + 4, true)),
    )
  }
}

const sum = (numbers) => numbers.reduce((total, one) => total + one, 0)

function callsOf(system) {
  return { ...wordsOf(system), ...filesOf(system), clock_time_get: (clock, precision, at) => clockAt(system, at), proc_exit: leave }
}

function leave(status) {
  throw new Exit(status)
}

/** It has no time: the same file gives the same object, whenever it is compiled. */
function clockAt(system, at) {
  system.view().setBigUint64(at, 0n, true)
  return DONE
}

function wordsOf(system) {
  const sizes = (words) => (count, bytes) => {
    system.word(count, words.length)
    system.word(bytes, sum(words.map((word) => word.length)))
    return DONE
  }
  return {
    args_sizes_get: sizes(system.words),
    environ_sizes_get: sizes([]),
    environ_get: () => DONE,
    args_get(pointers, at) {
      system.words.forEach((word, n) => {
        system.word(pointers + 4 * n, at)
        system.bytes(at, word.length).set(word)
        at += word.length
      })
      return DONE
    },
  }
}

function filesOf(system) {
  const { open } = system
  return {
    fd_prestat_get(fd, at) {
      if (fd !== FOLDER) return NO_SUCH_FD
      system.word(at, 0) // a folder
      system.word(at + 4, 1) // whose name has one letter
      return DONE
    },
    fd_prestat_dir_name(fd, at) {
      system.bytes(at, 1)[0] = '/'.charCodeAt(0)
      return DONE
    },
    fd_fdstat_get(fd, at) {
      if (fd > FOLDER && !open.has(fd)) return NO_SUCH_FD
      system.bytes(at, 24).fill(0)
      system.bytes(at, 1)[0] = fd < FOLDER ? KIND_TERMINAL : fd === FOLDER ? KIND_FOLDER : KIND_FILE
      system.view().setBigUint64(at + 8, ALL_RIGHTS, true)
      system.view().setBigUint64(at + 16, ALL_RIGHTS, true)
      return DONE
    },
    fd_fdstat_set_flags: () => DONE,
    path_open(folder, follow, path, length, how, rights, inherited, flags, at) {
      const name = system.text(path, length)
      if (how & CREATE && !system.files.has(name)) system.files.set(name, new File())
      if (!system.files.has(name)) return NO_SUCH_FILE
      if (how & EMPTY) system.files.set(name, new File())
      const fd = Math.max(FOLDER, ...open.keys()) + 1
      open.set(fd, { file: system.files.get(name), at: 0 })
      system.word(at, fd)
      return DONE
    },
    path_unlink_file: (folder, path, length) => (system.files.delete(system.text(path, length)) ? DONE : NO_SUCH_FILE),
    fd_close: (fd) => (open.delete(fd) ? DONE : NO_SUCH_FD),
    fd_seek(fd, offset, from, at) {
      const place = open.get(fd)
      if (!place) return NO_SUCH_FD
      place.at = Number(offset) + [0, place.at, place.file.length][from]
      system.view().setBigUint64(at, BigInt(place.at), true)
      return DONE
    },
    fd_read(fd, pieces, count, at) {
      const place = open.get(fd)
      if (!place) return NO_SUCH_FD
      const begun = place.at
      for (const piece of system.pieces(pieces, count)) {
        const bytes = place.file.bytes.subarray(place.at, place.at + piece.length)
        piece.set(bytes)
        place.at += bytes.length
      }
      system.word(at, place.at - begun)
      return DONE
    },
    fd_write(fd, pieces, count, at) {
      const place = open.get(fd)
      if (!place && fd >= FOLDER) return NO_SUCH_FD
      const all = system.pieces(pieces, count)
      for (const piece of all) {
        if (!place) system.told += utf8.from.decode(piece)
        else {
          place.file.write(piece, place.at)
          place.at += piece.length
        }
      }
      system.word(at, sum(all.map((piece) => piece.length)))
      return DONE
    },
  }
}
