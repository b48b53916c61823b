import { setTimeout as delay } from 'node:timers/promises'

import type { CliProcess } from '../fixtures/cli.ts'
import { staged, type RebuiltStore } from './rebuilt-stores.ts'

const LOOK_EVERY_MS = 5

/** Who starts the program with the settings of a feed. */
export interface StartsProgram {
  start(args: readonly string[], settings?: Readonly<Record<string, string>>): CliProcess
}

/**
 * Fills a store and kills the program (SIGKILL) so many times, each when it has staged something more.
 *
 * @param every offsets that a process stages before its end
 * @returns what was staged at each kill
 */
export async function killWhileItFills(
  program: StartsProgram,
  store: RebuiltStore,
  times: number,
  every = 1,
): Promise<readonly number[]> {
  const kills: number[] = []
  while (kills.length < times) {
    const before = (await staged(store)) ?? 0
    await using process = program.start(['rebuild', '--to', store.to], store.settings)
    let now = await staged(store)
    while (process.running && (now ?? 0) < before + every) {
      await delay(LOOK_EVERY_MS)
      now = await staged(store)
    }
    const { code, stderr } = await process.kill('SIGKILL')
    if (code === 0) return kills
    if (code !== null) throw new Error(`The rebuild ended with ${code}:\n${stderr}`)
    const left = await staged(store)
    // It may have finished in that very moment.
    if (left === undefined) return kills
    kills.push(left)
  }
  return kills
}

export interface Watched {
  /** Each state that was seen, in the order in which it was first seen. */
  stop(): Promise<readonly string[]>
}

/** Looks at a store all the time. */
export function watchedBy(store: RebuiltStore): Watched {
  const seen = new Set<string>()
  const stopped = new AbortController()
  const watching = (async () => {
    while (!stopped.signal.aborted) {
      seen.add(await store.glance().catch((error: unknown) => missing(error)))
      await delay(LOOK_EVERY_MS)
    }
  })()
  return {
    stop: async () => {
      stopped.abort()
      await watching
      return [...seen]
    },
  }
}

/** A file of SQLite that is not made yet. */
function missing(error: unknown): string {
  if (error instanceof Error && /unable to open database file/.test(error.message)) return ''
  throw error
}
