// SPDX-License-Identifier: MIT
//
// The time that a machine is told: as it goes by, or so many times slower. All that it can ask goes by it, its timer and the
// processor's own counter, so that no tick is missing to it: from within, nothing is slow.

export class Clock {
  constructor() {
    this.slower = 1
    this.from = this.told = performance.now()
  }

  now = () => this.told + (performance.now() - this.from) / this.slower

  goSlower(times) {
    const told = this.now()
    Object.assign(this, { told, from: performance.now(), slower: times })
  }

  /** How long a while of the machine's lasts for us. */
  lasts(milliseconds) {
    return milliseconds * this.slower
  }
}
