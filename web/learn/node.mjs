// SPDX-License-Identifier: MIT
//
// A Worker of Node with the face of a page's.

import { Worker, isMainThread, parentPort } from 'node:worker_threads'
import { fileURLToPath } from 'node:url'

export function startWorker() {
  const worker = new Worker(fileURLToPath(import.meta.url))
  worker.on('message', (data) => worker.onmessage?.({ data }))
  worker.on('error', (error) => worker.onerror?.(error))
  return worker
}

if (!isMainThread) {
  globalThis.postMessage = (data) => parentPort.postMessage(data)
  await import('./worker.mjs')
  parentPort.on('message', (data) => globalThis.onmessage({ data }))
}
