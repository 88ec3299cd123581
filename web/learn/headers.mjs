// SPDX-License-Identifier: MIT
//
// What my_heap.h includes, for an i386: the headers that a compiler brings along and a kernel has too.

const STDDEF = `#ifndef STDDEF_H
#define STDDEF_H
typedef unsigned int size_t;
typedef int ptrdiff_t;
typedef int wchar_t;
#define NULL ((void *)0)
#define offsetof(type, member) ((size_t)&((type *)0)->member)
#endif
`

const STDBOOL = `#ifndef STDBOOL_H
#define STDBOOL_H
#define bool _Bool
#define true 1
#define false 0
#endif
`

const WIDTHS = [
  [8, 'char', ''],
  [16, 'short', ''],
  [32, 'int', ''],
  [64, 'long long', 'll'],
]

function limits(name, macro, most, suffix) {
  const least = `(-${most}${suffix} - 1)`
  return `typedef signed ${name.type} ${name.own}_t;
typedef unsigned ${name.type} u${name.own}_t;
#define ${macro}_MAX ${most}${suffix}
#define ${macro}_MIN ${least}
#define U${macro}_MAX ${2n * BigInt(most) + 1n}${most > 0x7fffn ? `u${suffix}` : ''}
`
}

function width([bits, type, suffix]) {
  const most = (1n << BigInt(bits - 1)) - 1n
  return ['', '_least']
    .map((kind) => limits({ type, own: `int${kind}${bits}` }, `INT${kind.toUpperCase()}${bits}`, most, suffix))
    .join('')
}

const STDINT = `#ifndef STDINT_H
#define STDINT_H
${WIDTHS.map(width).join('')}${limits({ type: 'int', own: 'intptr' }, 'INTPTR', 0x7fffffffn, '')}${limits({ type: 'long long', own: 'intmax' }, 'INTMAX', (1n << 63n) - 1n, 'll')}#define SIZE_MAX 4294967295u
#define PTRDIFF_MAX 2147483647
#define PTRDIFF_MIN (-2147483647 - 1)
#endif
`

export const HEADERS = { 'stddef.h': STDDEF, 'stdbool.h': STDBOOL, 'stdint.h': STDINT }
