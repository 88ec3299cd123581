// SPDX-License-Identifier: MIT
//
// Compiles in a Worker: a file that makes the compiler run for ever is ended together with it.

import { compile } from './compile.mjs'

let module

globalThis.onmessage = ({ data }) => {
  if (data.module) module = data.module
  else globalThis.postMessage(compile(module, data.files, data.main))
}
