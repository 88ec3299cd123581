// SPDX-License-Identifier: MIT
//
// The pictures that move: below a session of which docs/moving/ has a recording stands its picture, and its lines, and
// links to #step-NAME-N in the text, move it.

import fs from 'node:fs'
import path from 'node:path'
import type MarkdownIt from 'markdown-it'
import { DOCS } from './parts.mts'

const FOLDER = path.join(DOCS, 'moving')
const TYPED = /<span class="line typed">((?:<span[^>]*>[^<]*<\/span>)*\s*)<\/span>/g

/** {session: the steps that stand on paper}, as docs/moving/sessions.txt has it. */
function table(): Map<string, string> {
  const rows = fs.readFileSync(path.join(FOLDER, 'sessions.txt'), 'utf8').matchAll(/^([\w-]+)(?: \+ [^:\n]+)?: ([\d ]+)$/gm)
  return new Map([...rows].map(([, name, steps]) => [name, steps.trim()]))
}

function nameOf(info: string): string | undefined {
  const [kind, name = ''] = info.trim().split(/\s+/)
  return kind === 'console' && table().has(name) && fs.existsSync(path.join(FOLDER, `${name}.json`)) ? name : undefined
}

function recording(name: string): string {
  return JSON.stringify(JSON.parse(fs.readFileSync(path.join(FOLDER, `${name}.json`), 'utf8')))
}

function attribute(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;')
}

/** The picture of a session, or nothing. */
export function movingHeap(info: string): string {
  const name = nameOf(info)
  return name ? `<MovingHeap name="${name}" paper="${table().get(name)}" record="${attribute(recording(name))}" />` : ''
}

/** A line that somebody typed leads to the last step that it made. */
export function commandLinks(info: string, html: string): string {
  const name = nameOf(info)
  if (!name) return html
  const lines = JSON.parse(recording(name)).steps.map((step: { line: number }) => step.line)
  let line = -1
  return html.replace(TYPED, (whole, inside) => {
    const step = lines.lastIndexOf(++line)
    return step < 0 ? whole : `<a class="line typed step-link" target="_self" href="#step-${name}-${step}">${inside}</a>`
  })
}

/** Such links are the picture's own: a target keeps VitePress's hands off them. */
export function stepLinks(md: MarkdownIt) {
  md.core.ruler.push('step_links', (state) => {
    for (const token of state.tokens.flatMap((block) => block.children ?? [])) {
      if (token.type !== 'link_open' || !/#step-/.test(token.attrGet('href') ?? '')) continue
      token.attrJoin('class', 'step-link')
      token.attrSet('target', '_self')
    }
  })
}
