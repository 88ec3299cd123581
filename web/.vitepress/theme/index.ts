// SPDX-License-Identifier: MIT

import { useData, withBase } from 'vitepress'
import DefaultTheme from 'vitepress/theme-without-fonts'
import { defineAsyncComponent, defineComponent, h } from 'vue'
import '@fontsource/noto-sans-bengali/400.css'
import '@fontsource/noto-sans-bengali/700.css'
import TryIt from '../../lab/TryIt.vue'
import Task from './Task.vue'
import './book.css'

/** Some keyboards write a Bengali letter with a dot as one character, others as two. The book holds one form only. */
function inOneForm(event: Event) {
  const field = event.target
  if (!(field instanceof HTMLInputElement) || (event as InputEvent).isComposing) return
  const typed = field.value.normalize('NFC')
  if (typed !== field.value) field.value = typed
}

const LETTERS = ['400', '700'].map((weight) => `${weight} 16px 'Noto Sans Bengali'`)
const PATIENCE = 5000 // ms

/** A link to a heading is followed when the lines above it are as long as they will be, which their letters decide. */
async function lettersAreThere() {
  if (!location.hash) return
  const late = new Promise((over) => setTimeout(over, PATIENCE))
  await Promise.race([late, Promise.allSettled(LETTERS.map((font) => document.fonts.load(font, 'a\u0995')))])
}

let times = 0

/** Of the text in a drawing Chromium forgets to look at the first letters again once their font has come; and it keeps the
 * boxes that stood in for a word, unless the word is asked for in another way than before (book.css). */
function drawAgain() {
  document.documentElement.style.setProperty('--drawn', `"kern" ${++times}`)
  for (const text of document.querySelectorAll('.picture-room text')) text.replaceChildren(text.textContent ?? '')
}

/** VitePress's own page for a wrong address has no main part, so that a screen reader finds nothing to read. */
const WrongAddress = defineComponent(() => {
  const { theme, localeIndex } = useData()
  return () => {
    const { title, quote, linkText } = theme.value.notFound
    const home = withBase(localeIndex.value === 'root' ? '/' : `/${localeIndex.value}/`)
    return h('main', { class: 'vp-doc wrong-address' }, [h('h1', title), h('p', quote), h('p', h('a', { href: home }, linkText))])
  }
})

export default {
  extends: DefaultTheme,
  Layout: () =>
    h(DefaultTheme.Layout, null, {
      'layout-top': () => h('div', { class: 'landing', 'aria-hidden': 'true' }),
      'not-found': () => h(WrongAddress),
    }),
  async enhanceApp({ app }) {
    app.component('Lab', defineAsyncComponent(() => import('../../lab/Lab.vue')))
    app.component('Learn', defineAsyncComponent(() => import('learn-page')))
    app.component('TryIt', TryIt)
    app.component('MovingHeap', defineAsyncComponent(() => import('../../lab/MovingHeap.vue')))
    app.component('Task', Task)
    if (import.meta.env.SSR) return
    document.addEventListener('input', inOneForm, true)
    document.fonts.addEventListener('loadingdone', drawAgain)
    document.fonts.ready.then(drawAgain) // they may have come before this was there to hear of it
    await lettersAreThere()
  },
}
