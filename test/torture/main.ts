/**
 * `make torture`: breaks the program in every way that the bench knows, and lets an independent checker judge what is in
 * the topics afterwards. `SEED` (default 1) is the first seed, `RUNS` (default 30) the number of runs, `LISTINGS` (default
 * 150) the size of the market, `LANES` (default 1) how many go on side by side, each with brokers of its own, `FAULT` one fault for
 * all of them, `REPORT` a JSON file to write. Exit code 1 if anything was violated.
 */
import { writeFile } from 'node:fs/promises'

import { asMarkdown, tabulate } from './report.ts'
import { torture } from './torture.ts'

const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(new Error(name)))

function wholeNumber(name: string, otherwise: number): number {
  const text = process.env[name] ?? String(otherwise)
  // Without a run, or without a lane for it, nothing would be judged.
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`${name} must be a whole number above 0.`)
  return Number(text)
}

const { SEED, RUNS, LISTINGS, LANES } = {
  SEED: wholeNumber('SEED', 1),
  RUNS: wholeNumber('RUNS', 30),
  LISTINGS: wholeNumber('LISTINGS', 150),
  LANES: wholeNumber('LANES', 1),
}
const started = new Date()
const { results, skipped } = await torture(
  {
    seed: SEED,
    runs: RUNS,
    lanes: LANES,
    listings: LISTINGS,
    fault: process.env['FAULT'],
    say: (line) => void process.stderr.write(`${line}\n`),
  },
  stop.signal,
)
const rows = tabulate({ results })
process.stdout.write(asMarkdown(rows))
for (const line of skipped) process.stdout.write(`Skipped: ${line}\n`)
const report = process.env['REPORT']
if (report !== undefined) {
  const run = { started, ended: new Date(), seed: SEED, runs: RUNS, listings: LISTINGS }
  const text = JSON.stringify({ ...run, rows, skipped, results }, undefined, 2)
  await writeFile(report, `${text}\n`)
}
process.exitCode = results.some(({ findings }) => findings.length > 0) ? 1 : 0
