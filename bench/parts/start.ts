/** 7: from the command to its first request, and the whole of an update that finds nothing. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'

import type { Part } from '../tools/part.ts'
import { download } from '../tools/download.ts'
import { figure } from '../tools/figure.ts'
import { inherited, PROGRAM_FILE, type Variables } from '../tools/measured-program.ts'
import { profiled } from '../tools/profiles.ts'
import { Source } from '../tools/source.ts'

const LISTINGS = 10_000
const ROUNDS = 9

interface Round {
  /** All in milliseconds. */
  readonly bareNode: number
  readonly help: number
  readonly firstRequest: number
  readonly update: number
}

export const START: Part = {
  name: 'start',
  title: 'Start, and an update that finds nothing',
  estimate: () => 45,
  async run(bench, signal) {
    const listings = Math.min(LISTINGS, bench.sizes.listings)
    await using source = await Source.start({ listings, fields: 'standard', folder: bench.folder }, signal)
    const folder = await bench.newFolder('start')
    const prefix = bench.prefix('start')
    await download(bench, { source, prefix, folder }, signal)
    const env = {
      ...bench.settings,
      ...source.settings,
      TOPIC_PREFIX: prefix,
      DATA_DIR: folder,
      LOG_LEVEL: 'info',
    }
    const update = (flags: readonly string[] = []): Promise<number> =>
      wallOf([...flags, PROGRAM_FILE, 'update'], env, folder, signal)
    // The first one after a download is not idle: it may still have something to settle.
    await update()
    await update()
    const rounds: Round[] = []
    for (let round = 1; round <= ROUNDS; round += 1) {
      const bareNode = await wallOf(['-e', '0'], {}, folder, signal)
      const help = await wallOf([PROGRAM_FILE, '--help'], {}, folder, signal)
      const { requests } = await source.sent()
      const begun = Date.now()
      const whole = await update()
      const after = await source.sent()
      const first = (await source.log()).at(-(after.requests - requests))
      if (first === undefined) throw new Error('The update asked the source nothing.')
      rounds.push({ bareNode, help, firstRequest: first.at - begun, update: whole })
    }
    bench.say(`An idle update takes ${Math.round(rounds.at(-1)?.update ?? 0)} ms`)
    if (bench.profile) await profiled('start', 1000, (flags) => update(flags).then(() => undefined))
    await rm(folder, { recursive: true, force: true })
    return { figures: figures(rounds), details: { listings, rounds } }
  },
}

function figures(rounds: readonly Round[]): ReturnType<typeof figure>[] {
  const bare = { what: 'Node alone', values: rounds.map(({ bareNode }) => bareNode) }
  const of = (pick: (round: Round) => number): readonly number[] => rounds.map(pick)
  return [
    figure({
      what: 'update that finds nothing, whole process',
      unit: 'ms',
      values: of((round) => round.update),
      against: bare,
      aim: { of: 'value', atMost: 1000 },
    }),
    figure({
      what: 'from the command to its first request',
      unit: 'ms',
      values: of((round) => round.firstRequest),
      against: bare,
    }),
    figure({ what: '`listingstream --help`', unit: 'ms', values: of((round) => round.help), against: bare }),
  ]
}

/** Milliseconds of the whole process, with nothing loaded into it beside the program. */
async function wallOf(
  args: readonly string[],
  env: Variables,
  cwd: string,
  signal: AbortSignal,
): Promise<number> {
  const begun = performance.now()
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...inherited(), ...env },
    stdio: ['ignore', 'ignore', 'ignore'],
    signal,
  })
  await once(child, 'exit')
  const ms = performance.now() - begun
  if (child.exitCode !== 0) throw new Error(`"${args.join(' ')}" ended with ${child.exitCode}.`)
  return ms
}
