/**
 * Writes what `make bench` has found into docs/performance.json, without the single measurements, and makes the figures of
 * docs/performance.md of it. Of a part that was not run, or failed, the page keeps nothing.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { PARTS } from './parts/index.ts'
import { RESULTS } from './tools/profiles.ts'
import { RESULT, withFigures, type Result } from './tools/tables.ts'

const PAGE = join(import.meta.dirname, '../docs/performance.md')
const NUMBERS = join(import.meta.dirname, '../docs/performance.json')

const results: Result[] = []
for (const { name } of PARTS) {
  const text = await readFile(join(RESULTS, `${name}.json`), 'utf8').catch(() => undefined)
  if (text === undefined) process.stderr.write(`There are no results of ${name}.\n`)
  else results.push(RESULT.parse(JSON.parse(text)))
}
await writeFile(NUMBERS, `${JSON.stringify(results, undefined, 2)}\n`)
await writeFile(PAGE, withFigures(await readFile(PAGE, 'utf8'), results))
