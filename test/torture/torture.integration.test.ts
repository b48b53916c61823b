import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { TortureCluster } from './cluster.ts'
import type { ArenaOptions } from './arena.ts'
import type { Column } from './findings.ts'
import { tortureOnce } from './run.ts'
import { SABOTAGE, type Sabotage } from './sabotage-kind.ts'
import type { ScenarioName } from './scenarios.ts'
import { tempFolder, type TempFolder } from '../fixtures/temp-folder.ts'

const RUN_MS = 240_000
/** A run that hangs tells where, before the test is given up. */
const HANGS_MS = 200_000
const LISTINGS = 120

/** A few faults that need little time; `make torture` has them all. */
const FAULTS: readonly (readonly [seed: number, fault: ScenarioName])[] = [
  [1, 'kill -9 between send and commit'],
  [2, 'kill -9 between commit and index'],
  [3, 'kill -9 in an index write'],
  [4, 'kill -9 in recovery'],
  [5, 'second instance'],
  [6, 'broker replies lost'],
  [7, 'index deleted'],
  [8, 'stamps set back'],
  [9, 'stamps masked'],
  [2, 'commit in doubt, then a refusal'],
  [3, 'kill -9 between listings and their sets'],
  [4, 'lists without sets'],
  [1, 'rows turned on and off'],
  [2, 'topic of rows deleted'],
]

/** Some take minutes each: with `TORTURE_LONG=1`. */
const IS_LONG = process.env['TORTURE_LONG'] === '1'
const LONG_FAULTS: readonly (readonly [seed: number, fault: ScenarioName])[] = [
  [1, 'deletes held'],
  [2, 'masking held'],
  [3, 'changes without a stamp'],
]

/** Of those that a run without a fault does not show. */
const SHOWN_BY: Readonly<Partial<Record<Sabotage, ScenarioName>>> = {
  'lets all deletes go': 'deletes held',
  'publishes what is masked': 'masking held',
  'forgets what it holds': 'deletes held',
  'drops what a content reconcile finds': 'changes without a stamp',
}

const SABOTAGES = Object.entries(SABOTAGE) as [Sabotage, Column][]

describe('the fault bench', () => {
  let cluster: TortureCluster
  let folder: TempFolder

  beforeAll(async () => {
    folder = await tempFolder()
    cluster = await TortureCluster.start(1, () => undefined, AbortSignal.timeout(RUN_MS))
  }, RUN_MS)
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  }, RUN_MS)

  const options = (seed: number): ArenaOptions => ({ seed, listings: LISTINGS, cluster, folder: folder.path })

  test.each(IS_LONG ? [...FAULTS, ...LONG_FAULTS] : FAULTS)(
    'finds no violation: seed %i, %s',
    { timeout: RUN_MS },
    async (seed, fault) => {
      const { findings, records } = await tortureOnce(fault, options(seed), AbortSignal.timeout(HANGS_MS))
      expect(findings).toEqual([])
      expect(records).toBeGreaterThan(LISTINGS / 2)
    },
  )

  test.each(SABOTAGES.filter(([kind]) => IS_LONG || SHOWN_BY[kind] === undefined))(
    'catches a broken build that %s: %s',
    { timeout: RUN_MS },
    async (sabotage, column) => {
      const broken = { ...options(100), sabotage, weather: { rows: true } }
      const { findings } = await tortureOnce(
        SHOWN_BY[sabotage] ?? 'none',
        broken,
        AbortSignal.timeout(HANGS_MS),
      )
      expect(new Set(findings.map((finding) => finding.column))).toContain(column)
    },
  )
})
