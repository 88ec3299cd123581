// SPDX-License-Identifier: MIT
//
// The machine: v86 with our kernel in it, booted by multiboot and without a BIOS. What it tells: each byte on the
// serial line, each moment to look (machine_moment in the kernel), that it restarts, and that it cannot go on.

import { Clock } from './clock.mjs'

const DIAGNOSTIC_PORT = 0x80
const LONGEST_REST = 100 // ms, of the emulator
const RAM = 32 << 20
const utf8 = new TextEncoder() // the serial line carries bytes: of a letter v86 would take the lowest eight bits

/** v86 forgets that a device may have fewer bars than places for them, and then cannot restore a state. */
function fillBars(cpu) {
  for (const device of cpu.devices.pci.devices)
    for (let n = 0; n < (device?.pci_bars.length ?? 0); n++) device.pci_bars[n] ??= { size: 0, original_bar: 0 }
}

/** Thrown out of the processor's midst: not one more instruction is to follow. */
const RESTART = new Error('the machine restarts')

/** What v86 cannot do, a fault within a fault for one, ends in an exception of its own. */
function guard(emulator, tell, clock) {
  const { cpu, constructor: v86 } = emulator.v86
  const loop = cpu.main_loop
  cpu.main_loop = () => {
    v86.microtick = clock.now // there is one for all emulators
    try {
      return Math.min(LONGEST_REST, clock.lasts(loop()))
    } catch (error) {
      emulator.stop()
      if (error === RESTART) tell.reboot?.()
      else tell.fail?.(error)
      return 0
    }
  }
}

function hook(emulator, tell, clock) {
  const { cpu } = emulator.v86
  cpu.io.register_write(DIAGNOSTIC_PORT, {}, (number) => tell.moment?.(number))
  cpu.reboot_internal = () => {
    throw RESTART
  }
  fillBars(cpu)
  guard(emulator, tell, clock)
}

/** V86 and code: the emulator, and what makes its WebAssembly an instance, given its imports. image: the kernel, as bytes.
 * options: its command line. */
export async function startGuest({ V86, code, image, options, screen, tell }) {
  const clock = new Clock()
  const emulator = new V86({
    wasm_fn: ({ env }) => code({ env: { ...env, microtick: clock.now } }),
    memory_size: RAM,
    vga_memory_size: 1 << 20,
    multiboot: { buffer: image.slice().buffer },
    cmdline: options,
    autostart: false,
    disable_speaker: true,
    disable_keyboard: !screen,
    disable_mouse: true,
    screen,
  })
  await new Promise((resolve) => emulator.add_listener('emulator-ready', resolve))
  emulator.add_listener('serial0-output-byte', (byte) => tell.byte?.(byte))
  hook(emulator, tell, clock)
  const memory = () => emulator.v86.cpu.mem8
  return {
    emulator,
    /** A view, not a copy: it changes with the machine. */
    read: (address, length) => memory().subarray(address >>> 0, (address >>> 0) + length),
    write: (address, bytes) => memory().set(bytes, address),
    type: (text) => utf8.encode(text).forEach((byte) => emulator.serial0_send(String.fromCharCode(byte))),
    press: (text) => emulator.keyboard_send_text(text),
    run: () => emulator.run(),
    stop: () => emulator.stop(),
    running: () => emulator.is_running(),
    /** So many times slower than time goes by here; 1: as quickly. */
    goSlower: (times) => {
      clock.goSlower(times)
      emulator.v86.cpu.stop_idling() // else it rests for as long as it was told before
    },
    save: () => emulator.save_state(),
    restore: (state) => emulator.restore_state(state),
    destroy: () => emulator.destroy(),
  }
}
