// SPDX-License-Identifier: MIT
//
// All that the exercises say in English, for the page.

const files = import.meta.glob(
  ['../../exercises/words/*.en.txt', '../../exercises/words/compiler.patterns.txt', '../../exercises/steps/*/*.en.md', '../../exercises/steps/*/solution.c',
    '../../exercises/steps/*.{txt,json}', '../../exercises/template.c', '../../exercises/my_heap.h'],
  { query: '?raw', import: 'default', eager: true },
)
export default files
