// SPDX-License-Identifier: MIT
//
// Words of a page that move a picture: links to #step-NAME-N. A picture says under which NAME it can be moved.

const pictures = new Map()

function goalOf(link) {
  const found = /^#step-(.+)-(\d+)$/.exec(link?.hash ?? '')
  return found && link.pathname === location.pathname ? { name: found[1], step: Number(found[2]) } : undefined
}

function clicked(event) {
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
  const goal = goalOf(event.target.closest?.('a[href]'))
  if (!goal || !pictures.has(goal.name)) return
  event.preventDefault()
  pictures.get(goal.name)(goal.step)
}

/** From now on links and the page's address move this picture. Gives what ends it. */
export function movable(name, go) {
  if (pictures.size === 0) document.addEventListener('click', clicked)
  pictures.set(name, go)
  const goal = goalOf(location)
  if (goal?.name === name) go(goal.step)
  return () => {
    if (pictures.get(name) === go) pictures.delete(name)
    if (pictures.size === 0) document.removeEventListener('click', clicked)
  }
}

/** The words that name the moment that is shown. */
export function markLinks(name, step) {
  for (const link of document.querySelectorAll(`a[href*="#step-${name}-"]`)) {
    const goal = goalOf(link)
    if (goal?.name === name && goal.step === step) link.setAttribute('aria-current', 'step')
    else link.removeAttribute('aria-current')
  }
}
