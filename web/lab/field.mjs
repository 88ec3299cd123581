// SPDX-License-Identifier: MIT
//
// What a phone writes. The terminal has a hidden field into which the browser writes; a person at a keyboard presses
// keys there, but a phone changes text: a suggestion takes a word away and puts another one there, swiping, speaking
// and most scripts write and rewrite whole words, and the keys that go along with it are all called 229 or do not come
// at all.
//
// What was found in xterm.js 6.0.0, with screenReaderMode on (src/browser/input/CompositionHelper.ts,
// CoreBrowserTerminal.ts):
//  - at a key 229 it compares the field before and after. What became longer is sent without
//    `newValue.replace(oldValue, '')`, so that a word whose beginning changed is sent whole, behind the old one; what
//    became shorter is one backspace, however much went; what is as long as before is sent whole. "blo", taken back by
//    a suggestion and written as "blocks ", comes out as "blblocks ".
//  - beforeinput it does not listen to, and of `input` events it takes none: insertReplacementText (autocorrection),
//    dictation and suggestions without a key are lost.
//  - a composition is sent when it ends, by its place from the front of the field to the end: what stands behind is
//    sent again.
//
// So here the field is what was typed, and the line in the kernel follows it: after each change the difference is sent,
// as the keys that a person would press. Keys that are real stay the library's; the text that they leave in the field,
// for screen readers, is known already. A key that is no letter (arrow, Tab, Enter) empties the field: what stands on
// the line may then be anything.

const LEFT = '\x1b[D'
const RIGHT = '\x1b[C'
const BACKSPACE = '\x7f'
const IN_COMPOSITION = 229 // the key code of all that is no single key
// What phones make of plain signs, unasked.
const PLAIN = {
  '\u2018': "'",
  '\u2019': "'",
  '\u201c': '"',
  '\u201d': '"',
  '\u2013': '-',
  '\u2014': '--',
  '\u2026': '...',
  '\u00a0': ' ',
}

const isForeign = (letter) => letter > '~'
const places = (text) => [...text].filter((letter) => !isForeign(letter)).length

/** How many letters both have in common from the front, but no more than `most`. */
function common(one, other, most) {
  let n = 0
  while (n < most && one[n] === other[n]) n++
  return n
}

/** The keys that make the one line of the other; each is its letters and the place of the cursor. A letter that is no
 * ASCII takes no place on the kernel's line: it refuses such a line. */
export function keysBetween(before, after) {
  const [from, to] = [before.letters, after.letters]
  const least = Math.min(from.length, to.length)
  const front = common(from, to, least)
  const back = common([...from].reverse(), [...to].reverse(), least - front)
  const gone = from.slice(front, from.length - back)
  const come = to.slice(front, to.length - back)
  const move = (letters, start, end) =>
    start < end ? RIGHT.repeat(places(letters.slice(start, end))) : LEFT.repeat(places(letters.slice(end, start)))
  if (!gone.length && !come.length) return move(to, before.cursor, after.cursor)
  return (
    move(from, before.cursor, from.length - back) +
    BACKSPACE.repeat(places(gone)) +
    come.join('') +
    move(to, to.length - back, after.cursor)
  )
}

/** As it is sent: plain signs, and while a word is still being put together, nothing but ASCII. */
function lettersOf(text, composing) {
  const letters = [...text].flatMap((letter) => [...(PLAIN[letter] ?? letter)])
  return composing ? letters.filter((letter) => !isForeign(letter)) : letters
}

export class Field {
  /** field: the element. around: one that it lies in, from where events are heard before the library hears them. */
  constructor({ field, around, send }) {
    Object.assign(this, { field, send, composing: false, owed: undefined, stops: [] })
    this.forget()
    this.listen(around, 'beforeinput', (event) => this.before(event))
    this.listen(around, 'input', (event) => this.after(event))
    this.listen(around, 'paste', (event) => this.paste(event))
    for (const type of ['compositionstart', 'compositionupdate', 'compositionend'])
      this.listen(around, type, (event) => this.compose(event))
    this.listen(document, 'selectionchange', () => this.moved())
    field.setAttribute('autocomplete', 'off')
  }

  listen(target, type, act) {
    const mine = (event) => (event.target === this.field || target === document) && act(event)
    target.addEventListener(type, mine, true)
    this.stops.push(() => target.removeEventListener(type, mine, true))
  }

  stop() {
    this.stops.splice(0).forEach((stop) => stop())
  }

  /** What stands on the line has not much to do with the field any more. */
  forget() {
    this.field.value = this.value = ''
    this.known = { letters: [], cursor: 0 }
  }

  /** Whether a key is for the library. */
  key(event) {
    if (event.type === 'keydown' || event.type === 'keyup') this.owed = undefined
    return !(event.type === 'keydown' && (event.isComposing || event.keyCode === IN_COMPOSITION))
  }

  /** The library has sent a key. What it leaves in the field will be no news. */
  sent({ key, domEvent }) {
    if (key === BACKSPACE || (key >= ' ' && [...key].length === 1)) this.owed = key
    else {
      domEvent.preventDefault()
      this.forget()
    }
  }

  /** Somebody else has written into the field: the library for a context menu, or when it lost the focus. Or there is
   * nothing to take away in it, but there may be on the line. */
  before(event) {
    if (this.field.value !== this.value && !this.composing) this.forget()
    if (event.inputType === 'deleteContentBackward' && !this.field.value && !this.owed) this.send(BACKSPACE)
  }

  after(event) {
    const { owed } = this
    this.owed = undefined
    const gone = event.inputType === 'deleteContentBackward'
    const key = owed === BACKSPACE ? gone : owed !== undefined && event.data === owed
    this.follow(key)
  }

  /** Sends what changed, unless a key did it. */
  follow(known) {
    const { value, selectionEnd } = this.field
    const letters = (text) => lettersOf(text, this.composing)
    const now = { letters: letters(value), cursor: letters(value.slice(0, selectionEnd)).length }
    const keys = known ? '' : keysBetween(this.known, now).replace(/\r?\n/g, '\r')
    this.known = now
    this.value = value
    if (keys) this.send(keys)
    if (keys.includes('\r')) this.forget()
  }

  /** The word is on the line while it is being written, so the library need not show it, nor send it. */
  compose(event) {
    event.stopPropagation()
    this.composing = event.type !== 'compositionend'
    if (!this.composing) this.follow(false)
  }

  /** The library sends it; into the field it need not come. */
  paste(event) {
    event.preventDefault()
    this.forget()
  }

  /** A phone can move the cursor without a key. */
  moved() {
    if (document.activeElement === this.field && this.field.value === this.value && !this.owed) this.follow(false)
  }
}
