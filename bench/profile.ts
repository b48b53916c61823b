/**
 * Where the program's threads spend their time. `BENCH_PROFILE=1 make bench` profiles one more round of a part;
 * `node bench/profile.ts [name]` prints what it found, with the functions that took longest; without a name those that there are.
 */
import { readdir } from 'node:fs/promises'

import { readSummary, RESULTS, type ProfileSummary } from './tools/profiles.ts'

type Thread = ProfileSummary['threads'][number]

const END = '-profile.json'
const [name] = process.argv.slice(2)

if (name === undefined) {
  const files = await readdir(RESULTS).catch(() => [])
  const names = files.filter((file) => file.endsWith(END)).map((file) => file.slice(0, -END.length))
  process.stdout.write(
    names.length === 0
      ? 'There is no profile yet: run BENCH_PROFILE=1 make bench.\n'
      : `${names.join('\n')}\n`,
  )
} else {
  const { listings, threads } = await readSummary(name)
  for (const thread of threads) process.stdout.write(describe(thread, listings))
}

function describe({ thread, wallMs, busyMs, parts, functions }: Thread, listings: number): string {
  const per1k = (ms: number): string => ((ms / listings) * 1000).toFixed(2).padStart(8)
  const line = (what: string, ms: number): string =>
    `${per1k(ms)} ms per 1,000 ${((ms / wallMs) * 100).toFixed(1).padStart(6)} %  ${what}\n`
  return [
    `\n${thread}: ${(wallMs / 1000).toFixed(1)} s, busy for ${(busyMs / 1000).toFixed(1)} s, ${listings} listings\n`,
    ...parts.map(({ part, ms }) => line(part, ms)),
    '  by function, without what it calls:\n',
    ...functions.map(({ name: what, ms }) => line(what, ms)),
  ].join('')
}
