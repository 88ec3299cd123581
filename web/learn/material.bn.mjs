// SPDX-License-Identifier: MIT
//
// All that the exercises say in Bengali, for the page.

const files = import.meta.glob(
  ['../../exercises/words/*.bn.txt', '../../exercises/words/compiler.patterns.txt', '../../exercises/steps/*/*.bn.md', '../../exercises/steps/*/solution.c',
    '../../exercises/steps/*.{txt,json}', '../../exercises/template.c', '../../exercises/my_heap.h'],
  { query: '?raw', import: 'default', eager: true },
)
export default files
