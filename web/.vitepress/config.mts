// SPDX-License-Identifier: MIT
//
// The site of the book. Bengali at the root, English under /en/; nothing is asked of any other machine.

import fs from 'node:fs'
import crypto from 'node:crypto'
import path from 'node:path'
import type { Plugin } from 'vite'
import { defineConfig, type HeadConfig } from 'vitepress'
import { contents, order } from './contents.mts'
import { lines, markup } from './markdown.mts'
import { DOCS, HAS_LEARN, PAGES, stage } from './parts.mts'
import bengali from './words.bn.json' with { type: 'json' }
import english from './words.en.json' with { type: 'json' }

function theme(words: typeof bengali | typeof english, prefix: string) {
  return { ...words.theme, sidebar: contents(prefix, words), nav: [] }
}

// The pages lie outside of this folder, so what they import is looked for as if they lay in it.
const packages: Plugin = {
  name: 'packages-for-pages',
  enforce: 'pre',
  resolveId(source, importer, options) {
    if (!importer?.startsWith(PAGES) || /^[./\0]/.test(source)) return null
    return this.resolve(source, path.resolve(import.meta.dirname, '../package.json'), { ...options, skipSelf: true })
  },
}

// The page `learn`, or nothing where there is no compiler for it.
const learn: Plugin = {
  name: 'learn-if-there-is-a-compiler',
  enforce: 'pre',
  resolveId: (source) => (source !== 'learn-page' ? null : HAS_LEARN ? path.resolve(import.meta.dirname, '../learn/Learn.vue') : '\0no-learn'),
  load: (id) => (id === '\0no-learn' ? 'export default {}' : null),
}

const ORDER = path.join(DOCS, '../build/book/order.json') // what is printed and bound, in which order
const base = process.env.BOOK_BASE ?? '/'

const SEARCH = { fuzzy: 0.15, prefix: true, boost: { title: 3, text: 2, titles: 1 } } // E09 is not nearly E08

/** Who may start a Worker: the emulator its own, and the page that has a compiler that one, and what keeps it for later. */
const WORKERS: Record<string, string> = { lab: 'blob:', learn: "blob: 'self'" }

/** The pages with a machine run nothing and ask nothing but what this site holds; the emulator makes code while it runs. */
function guarded(html: string, page: string): string {
  const workers = WORKERS[path.posix.basename(page, '.md')]
  if (!workers) return html
  const inline = [...html.matchAll(/<script\b(?![^>]*\bsrc=)[^>]*>([^]*?)<\/script>/g)].map((script) => script[1])
  const hashes = inline.map((text) => `'sha256-${crypto.createHash('sha256').update(text).digest('base64')}'`)
  const rules = ["default-src 'none'", `script-src 'self' 'wasm-unsafe-eval' ${hashes.join(' ')}`, "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:", "font-src 'self'", "connect-src 'self'", `worker-src ${workers}`, "base-uri 'none'", "form-action 'none'"]
  return html.replace('<head>', `<head><meta http-equiv="Content-Security-Policy" content="${rules.join('; ')}">`)
}

/** The letters are asked for with the page, so that its lines do not break anew when they come. */
function letters(page: string, assets: string[]): HeadConfig[] {
  const wanted = page.startsWith('en/') ? /-latin-[47]00-normal\..*woff2$/ : /-(bengali|latin)-[47]00-normal\..*woff2$/
  const fonts = assets.filter((asset) => wanted.test(asset))
  return fonts.map((href) => ['link', { rel: 'preload', href, as: 'font', type: 'font/woff2', crossorigin: '' }])
}

stage()

export default defineConfig({
  srcDir: PAGES,
  outDir: '../build/book/site',
  cacheDir: '../build/book/vitepress',
  cleanUrls: true,
  ignoreDeadLinks: true, // `make book-check` finds them, and says in which line
  base,
  router: { prefetchLinks: false }, // on the page of the lab the policy forbids it in Firefox, and a phone may have to pay for it
  scrollOffset: { selector: '.landing', padding: 0 },
  transformHead: ({ page, assets }) => letters(page, assets),
  transformHtml: (html, _file, { page }) => guarded(html, page),
  title: 'MiniOS',
  head: [
    ['meta', { name: 'color-scheme', content: 'light dark' }],
    ['link', { rel: 'icon', type: 'image/svg+xml', href: `${base}icon.svg` }],
  ],
  locales: {
    root: { label: '\u09ac\u09be\u0982\u09b2\u09be', lang: 'bn', description: bengali.description, themeConfig: theme(bengali, '') },
    en: { label: 'English', lang: 'en', description: english.description, themeConfig: theme(english, 'en/') },
  },
  themeConfig: {
    search: { provider: 'local', options: { locales: { root: { translations: bengali.search } }, miniSearch: { searchOptions: SEARCH } } },
  },
  markdown: {
    config: markup,
    codeTransformers: [lines],
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
  },
  buildEnd: ({ outDir }) => {
    if (HAS_LEARN) fs.copyFileSync(path.resolve(import.meta.dirname, '../learn/offline.js'), path.join(outDir, 'offline.js'))
    fs.writeFileSync(ORDER, JSON.stringify({ bn: order(''), en: order('en/') }))
  },
  vite: { plugins: [packages, learn], build: { chunkSizeWarningLimit: 4096 }, logLevel: 'warn' },
})
