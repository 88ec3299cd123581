// SPDX-License-Identifier: MIT
//
// Says what said.py says, by the page's own code:  node lesson.mjs < JSON of said.py   prints where it differs.

import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readExercises } from '../../web/learn/exercises.mjs'
import { failurePieces, hintPieces, textPieces } from '../../web/learn/lesson.mjs'
import { plain } from '../../web/learn/plain.mjs'
import { Report } from '../../web/learn/report.mjs'
import { materialOf } from '../../web/learn/words.mjs'

const files = readExercises(fileURLToPath(new URL('../../exercises', import.meta.url)))
const CHAPTER = { bn: '', en: 'en/' }
const material = Object.fromEntries(['bn', 'en'].map((language) => [language, materialOf(files, language)]))
const different = []
let compared = 0

function compare(what, here, there) {
  compared++
  if (here !== there) different.push({ what, here, there })
}

function compareTexts({ language, step, text, hints }) {
  const chapter = `docs/${CHAPTER[language]}chapter-4-hands-on-heap-implementation.md`
  compare(`text ${language} ${step}`, `\n${plain(textPieces(material[language], step, chapter))}`, text)
  hints.forEach((hint, n) => compare(`hint ${language} ${step}`, `\n${plain(hintPieces(material[language], step, n + 1))}`, hint))
}

function compareReport({ step, code, lines, places, said }) {
  const at = (address) => places[address] && { function: places[address][0], line: places[address][1] }
  for (const language of Object.keys(said)) {
    const report = new Report(lines)
    const pieces = failurePieces(material[language], { step, report, places: at, source: code })
    compare(`${language} ${step} ${report.get('diagnosis')}`, plain(pieces), said[language])
  }
}

for (const one of JSON.parse(fs.readFileSync(0, 'utf8'))) one.hints ? compareTexts(one) : compareReport(one)
console.log(JSON.stringify({ compared, different }))
