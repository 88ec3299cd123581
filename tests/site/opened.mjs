// SPDX-License-Identifier: MIT

/** The page's own scripts have made it theirs: what a look puts into it before that, they find strange. */
export const alive = (page) => page.waitForFunction(() => document.querySelector('#app')?.__vue_app__)

/** Opens a page of the site to its end, and gives the server's answer. */
export async function opened(page, address) {
  const answer = await page.goto(address, { waitUntil: 'networkidle' })
  await alive(page)
  return answer
}
