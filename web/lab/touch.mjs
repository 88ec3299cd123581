// SPDX-License-Identifier: MIT
//
// Fingers and wheels over the terminal. The page is never held up: a finger moves the rows of before only while one
// types in the terminal, and only as far as there are rows; two fingers, or a wheel with Ctrl, zoom. Left to itself,
// xterm.js 6.0.0 does nothing at a finger, so that what scrolled away is out of reach on a phone, and scrolls at a
// wheel with Ctrl.

/** Whether there are rows that a finger that moves so would bring. */
function hasRows(terminal, down) {
  const { viewportY, baseY } = terminal.buffer.active
  return down ? viewportY > 0 : viewportY < baseY
}

/** The first move decides whose the whole gesture is, as it is with everything that scrolls inside of a page. */
function isForRows(terminal, dx, dy) {
  return document.activeElement === terminal.textarea && Math.abs(dy) > Math.abs(dx) && hasRows(terminal, dy > 0)
}

/** place: where the terminal lies. Gives what ends it. */
export function scrollByFinger(place, terminal) {
  let finger
  const start = ({ touches: [{ clientX: x, clientY: y }, second] }) => {
    finger = second ? undefined : { x, y, mine: undefined }
  }
  const move = (event) => {
    if (!finger || event.touches.length > 1) return (finger = undefined)
    const [{ clientX, clientY }] = event.touches
    finger.mine ??= isForRows(terminal, clientX - finger.x, clientY - finger.y)
    if (!finger.mine) return undefined
    if (event.cancelable) event.preventDefault()
    const height = terminal.element.querySelector('.xterm-screen').clientHeight / terminal.rows
    const rows = Math.trunc((clientY - finger.y) / height)
    finger.y += rows * height
    return terminal.scrollLines(-rows)
  }
  const wheel = (event) => event.ctrlKey && event.stopPropagation()
  place.addEventListener('touchstart', start, { passive: true })
  place.addEventListener('touchmove', move, { passive: false })
  place.addEventListener('wheel', wheel, { passive: true, capture: true })
  return () => {
    place.removeEventListener('touchstart', start)
    place.removeEventListener('touchmove', move)
    place.removeEventListener('wheel', wheel, { capture: true })
  }
}
