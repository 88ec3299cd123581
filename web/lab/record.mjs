// SPDX-License-Identifier: MIT
//
// Runs lines in the real kernel and prints what they did to its heap, step by step, as JSON:
//     node web/lab/record.mjs IMAGE OPTIONS LINE...

import { boot, imageAt } from './node.mjs'
import { recordOf, written } from './recorder.mjs'
import { Session } from './session.mjs'

const [path, options, ...lines] = process.argv.slice(2)
const image = imageAt(path)
const session = new Session({ image, start: (tell) => boot(image, options, tell) })
await session.boot()
await session.run(lines)
console.log(written(recordOf(session, lines)))
process.exit(0)
