// SPDX-License-Identifier: MIT
//
// The compiler in a Worker, with a limit of time; of memory it has as much as its own code says (tools/tcc/build).

const MAIN = 'my_heap.c'
const MILLISECONDS = 10_000 // a heap takes some 20

export class Compiler {
  /** start: gives a new Worker that runs worker.mjs. module: tcc.wasm. files: what my_heap.c may include. */
  constructor(start, module, files, { milliseconds = MILLISECONDS } = {}) {
    Object.assign(this, { start, module, files, milliseconds, before: Promise.resolve() })
  }

  /** As compile(); { stopped: 'time' | 'memory' } when it took too much. One after the other. */
  compile(source) {
    const now = this.before.then(() => this.#compile(source))
    this.before = now.catch(() => {})
    return now
  }

  end() {
    this.worker?.terminate()
    this.worker = undefined
  }

  #ready() {
    if (this.worker) return
    this.worker = this.start()
    this.worker.postMessage({ module: this.module })
  }

  async #compile(source) {
    this.#ready()
    let late
    try {
      return await new Promise((resolve, reject) => {
        late = setTimeout(() => resolve(this.#stop()), this.milliseconds)
        this.worker.onmessage = ({ data }) => resolve(data)
        this.worker.onerror = (event) => reject(new Error(`the compiler cannot work: ${event.message || 'its code did not come'}`))
        this.worker.postMessage({ files: { ...this.files, [MAIN]: source }, main: MAIN })
      })
    } catch (error) {
      this.end()
      throw error
    } finally {
      clearTimeout(late)
    }
  }

  #stop() {
    this.end()
    return { object: null, messages: [], stopped: 'time' }
  }
}
