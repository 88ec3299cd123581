// SPDX-License-Identifier: MIT

const AT_ONCE = 3 // most of a page's time goes by in waiting for what comes late

/** Does the work for each item, a few at once, each hand with a tool of its own if `tool` makes one. */
export async function several(items, work, tool = () => {}) {
  const left = [...items]
  const hand = async () => {
    const own = await tool()
    while (left.length > 0) await work(left.shift(), own) // an item may be '', the first page
  }
  await Promise.all(Array.from({ length: AT_ONCE }, hand))
}
