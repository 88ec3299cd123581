// SPDX-License-Identifier: MIT
//
// What the exercises say, in one language: the very texts that ./minios learn says, from exercises/words and
// exercises/steps. Whoever reads the files hands them in, by their names below exercises/.

/** { name: text } of a table: a line [name] begins an entry, its text follows. */
export function readTable(text) {
  const parts = text.split(/^\[([\w.-]+)\]\n/m)
  const entries = parts.slice(1).filter((_, n) => n % 2 === 0)
  return Object.fromEntries(entries.map((name, n) => [name, parts[2 * n + 2].replace(/^\n+|\n+$/g, '')]))
}

function hintsOf(text) {
  return text.split(/^## .*\n/m).slice(1).map((part) => part.trim())
}

function stepOf(files, folder, language) {
  const text = files[`steps/${folder}/text.${language}.md`].replace(/^\n+|\n+$/g, '')
  return {
    title: /^# (.*)/.exec(text)[1],
    text,
    hints: hintsOf(files[`steps/${folder}/hints.${language}.md`]),
    solution: files[`steps/${folder}/solution.c`],
  }
}

/** All that is said: say(name, values), the steps, and what the learner begins with. */
export function materialOf(files, language) {
  const tables = Object.keys(files).filter((name) => name.startsWith('words/') && name.endsWith(`.${language}.txt`))
  const words = Object.assign({}, ...tables.sort().map((name) => readTable(files[name])))
  const folders = new Set(Object.keys(files).flatMap((name) => /^steps\/([^/]+)\//.exec(name)?.[1] ?? []))
  const sections = files['steps/sections.txt'].trim().split(/\s+/)
  const boots = JSON.parse(files['steps/boots.json'])
  return {
    language,
    has: (name) => name in words,
    say: (name, values = {}) => words[name].replace(/\{(\w+)\}/g, (_, key) => values[key]),
    steps: [...folders].sort().map((folder, n) => ({ ...stepOf(files, folder, language), section: sections[n], boot: boots[n] })),
    template: files['template.c'],
    header: files['my_heap.h'],
  }
}
