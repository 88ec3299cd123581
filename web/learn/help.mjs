// SPDX-License-Identifier: MIT
//
// Which word of help belongs to what the compiler told, by the table that ./minios learn uses too.

const ROW = /^([\w-]+)(?:, after ([\w -]+))?: (.*)$/gm

/** The rows of exercises/words/compiler.patterns.txt. */
export function readPatterns(text) {
  return [...text.matchAll(ROW)].map(([, name, after, pattern]) => ({
    name,
    after: after ? after.split(' ') : [],
    pattern: new RegExp(pattern),
  }))
}

/** The name of the help, as in [compiler.NAME], for the texts of all messages, the first one first. */
export function helpFor(patterns, texts) {
  const fits = ({ pattern }, ...some) => some.some((text) => pattern.test(text))
  const name = patterns.find((row) => row.after.length === 0 && fits(row, texts[0]))?.name ?? 'other'
  return patterns.find((row) => row.after.includes(name) && fits(row, ...texts))?.name ?? name
}
