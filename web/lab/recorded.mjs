// SPDX-License-Identifier: MIT
//
// A recording of what a session of the book did to the heap: written where the kernel runs, read where its picture is
// drawn. Places count from heap_start, and of a block only what cannot be computed is kept.

import { figures } from './figures.mjs'

const PARTS = ['number', 'gap', 'size', 'slack', 'ownerName']

function kept(start, block) {
  const damage = block.damage.map(({ piece, address, length }) => [piece, address - start, length])
  return [...PARTS.map((part) => block[part]), ...(damage.length ? [damage] : [])]
}

/** An interrupt has no place in the heap. */
function told(start, { name, block, address, size, fault, source, times, place, handler }) {
  if (name === 'irq') return { source, times, ...(place ? { place } : {}), handler }
  return {
    ...(block ? { block } : {}),
    ...(address ? { address: address - start } : {}),
    ...(size ? { size } : {}),
    ...(fault ? { fault } : {}),
  }
}

/** One step as it is kept. `heap` is what readHeap gives; `line` tells which of the typed lines did it, -1: the boot. */
export function stepOf(heap, { event, unnoticed }, line, changed) {
  const start = heap.words.heap_start
  return {
    line,
    event: unnoticed ? 'unnoticed' : event.name,
    ...told(start, event),
    pointer: heap.words.free_memory_pointer - start,
    blocks: heap.blocks.map((one) => kept(start, one)),
    ...(heap.complete ? {} : { lost: heap.lost - start }),
    ...(changed.length ? { changed: changed.map(([from, to]) => [from - start, to - start]) } : {}),
  }
}

function runs(start, damage = []) {
  return damage.map(([piece, at, length]) => ({ piece, address: start + at, length }))
}

/** The blocks, the newest first: each ends where the one above it begins. */
function blocksOf(record, step) {
  const start = Number(record.heap_start)
  let boundary = start + step.pointer
  return step.blocks.map(([number, gap, size, slack, ownerName, damage]) => {
    const tag = boundary - record.tag_bytes
    const payload = tag - slack - size
    const block = { number, gap, size, slack, ownerName, tag, payload, begin: payload - gap, boundary }
    boundary = block.begin
    return { ...block, damage: runs(start, damage) }
  })
}

/** The heap after step n, as readHeap would give it. */
export function heapAt(record, n) {
  const step = record.steps[n]
  const start = Number(record.heap_start)
  const words = { heap_start: start, heap_end: start + record.bytes, free_memory_pointer: start + step.pointer }
  const blocks = blocksOf(record, step)
  const complete = step.lost === undefined
  return {
    words,
    blocks,
    floor: { address: start - record.tag_bytes, damage: [] },
    complete,
    lost: complete ? undefined : start + step.lost,
    figures: figures(record, words, blocks),
  }
}

/** The event of step n as the kernel told it, for the words of say.mjs. */
export function eventAt(record, n) {
  const { event, block = 0, address = 0, size = 0, fault = 0, pointer, ...more } = record.steps[n]
  const { source, times, place, handler } = more
  const start = Number(record.heap_start)
  return {
    unnoticed: event === 'unnoticed',
    event: { name: event, block, address: start + address, size, fault, free_memory_pointer: start + pointer, source, times, place, handler },
  }
}

/** The steps at which somebody came in between. */
export function interruptsIn(record) {
  return record.steps.flatMap(({ event }, n) => (event === 'irq' ? [n] : []))
}

/** Runs of bytes that step n changed, as addresses. */
export function changedAt(record, n) {
  const start = Number(record.heap_start)
  return (record.steps[n].changed ?? []).map(([from, to]) => [start + from, start + to])
}

/** What the numbers were before, and what they are: [name, value, by how much it changed]. */
export function numbersAt(record, n) {
  const before = n > 0 ? record.steps[n - 1].pointer : record.steps[n].pointer
  const { pointer } = record.steps[n]
  const by = pointer - before
  return [
    { name: 'free_memory_pointer', value: Number(record.heap_start) + pointer, by, address: true },
    { name: 'used', value: pointer, by },
    { name: 'free', value: record.bytes - pointer, by: -by },
  ]
}
