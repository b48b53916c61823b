import { join } from 'node:path'

import type { ArenaOptions } from './arena.ts'
import { Arena } from './arena.ts'
import { checkFeed } from './checker.ts'
import { namesOf, readArena, truthOf } from './judge.ts'
import { deleteTopics } from './feed-topics.ts'
import type { Finding } from './findings.ts'
import { readIndex } from './read-index.ts'
import { SCENARIOS, type ScenarioName } from './scenarios.ts'
import { settle } from './settle.ts'

export interface RunResult {
  readonly seed: number
  readonly fault: ScenarioName
  readonly findings: readonly Finding[]
  /** Changes of the market, and committed records that came of them. */
  readonly changes: number
  readonly records: number
  readonly seconds: number
  /** Folder with the program's log. */
  readonly folder: string
}

/** One fault on one feed, settled and checked. */
export async function tortureOnce(
  fault: ScenarioName,
  options: ArenaOptions,
  signal: AbortSignal,
): Promise<RunResult> {
  const started = performance.now()
  const { torture, weather, listings } = SCENARIOS[fault]
  const needed = {
    listings: Math.max(listings, options.listings),
    weather: { ...options.weather, ...weather },
  }
  await using arena = await Arena.open({ ...options, ...needed }, signal)
  arena.market.start()
  arena.atEnd(() => deleteTopics(arena))
  const stage = { name: 'the fault' }
  try {
    const seen = await torture(arena)
    stage.name = 'settling'
    const unsettled = await settle(arena)
    stage.name = 'checking'
    const { checked, records } = unsettled.length > 0 ? NOT_CHECKED : await check(arena)
    return {
      seed: options.seed,
      fault,
      findings: [...seen, ...unsettled, ...checked],
      changes: arena.market.changes,
      records,
      seconds: (performance.now() - started) / 1_000,
      folder: arena.folder,
    }
  } catch (error) {
    const log = (await arena.log()).split('\n').slice(-LINES_SHOWN).join('\n')
    throw new Error(`${stage.name}: ${String(error)}\n${log}`, { cause: error })
  }
}

/** Of the log of a run that broke down. */
const LINES_SHOWN = 60

const NOT_CHECKED = { checked: [] as readonly Finding[], records: 0 }

async function check(arena: Arena): Promise<{ checked: readonly Finding[]; records: number }> {
  const { dataDir, forgetsDeletes, recreated, recreatedRows, resources } = arena
  const dump = await readArena(arena)
  const index = await readIndex(join(dataDir, 'index'), namesOf(resources))
  const truth = truthOf(arena)
  return {
    checked: checkFeed({ resources, dump, truth, index, recreated, recreatedRows, forgetsDeletes }),
    records: [...dump.data.values()].reduce((sum, { records }) => sum + records.length, 0),
  }
}
