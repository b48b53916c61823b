/** The ledger on disk against a sorted map, and after a kill. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { ClassicLevel } from 'classic-level'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { passId } from '../../src/domain/pass.ts'
import { recordKey, type RecordKey } from '../../src/domain/record-key.ts'
import type { LevelKeyIndex } from '../../src/key-index/level-key-index.ts'
import { openKeyIndex } from '../../src/key-index/open-key-index.ts'
import type { LedgerSet, WalkLedger } from '../../src/replication/ports.ts'
import { RESOURCES } from '../../src/resources/index.ts'
import { MemoryWalkLedger } from '../fixtures/memory-key-index.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { keysOfPage, KILLED_PASS } from './ledger-writer-pages.ts'

const { signal } = new AbortController()
const P = passId('p')
const PAGES = 9

type Marks = readonly (readonly [RecordKey, string])[]

type Step =
  | { readonly kind: 'add'; readonly set: LedgerSet; readonly page: number; readonly marks: Marks }
  | { readonly kind: 'drop'; readonly set: LedgerSet | undefined }
  | { readonly kind: 'keep'; readonly passes: readonly string[] }
  /** By another process, which knows only what is on the disk. */
  | { readonly kind: 'reopen' }

/** Few, so that they meet again; of two lengths, so that one begins another. */
const keys = fc.integer({ min: 0, max: 49 }).map((n) => recordKey(n % 5 === 0 ? `k${n}a` : `k${n}`))
/** With text that is none of a checksum's or a length's business. */
const notes = fc.oneof(
  fc.constantFrom('', '1760000000000', 'é', '\u{1f3e0}\n'),
  fc.string({ unit: 'grapheme' }),
)
const marks = fc.array(fc.tuple(keys, notes), { maxLength: 12 })
const sets = fc.constantFrom<LedgerSet>('seen', 'gone')
const pages = fc.integer({ min: 0, max: PAGES })

/** A walk as it is nearly always: page by page, each with keys above those of the one before. */
const walk: fc.Arbitrary<readonly Step[]> = fc
  .tuple(sets, fc.uniqueArray(fc.tuple(keys, notes), { selector: ([key]) => key, minLength: 1 }), pages)
  .map(([set, all, from]) => {
    const sorted = all.toSorted(([a], [b]) => (a < b ? -1 : 1))
    const steps: Step[] = []
    for (let at = 0, page = from; at < sorted.length; at += 4, page += 1) {
      steps.push({ kind: 'add', set, page, marks: sorted.slice(at, at + 4) })
    }
    return steps
  })
const anyAdd: fc.Arbitrary<Step> = fc.record({ kind: fc.constant('add'), set: sets, page: pages, marks })
const other: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>({ kind: 'reopen' }),
  fc.record({ kind: fc.constant('drop'), set: fc.option(sets, { nil: undefined }) }),
  fc.record({ kind: fc.constant('keep'), passes: fc.subarray(['p', 'q']) }),
)
const histories: fc.Arbitrary<readonly Step[]> = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: walk },
      { weight: 5, arbitrary: anyAdd.map((step) => [step]) },
      { weight: 3, arbitrary: other.map((step) => [step]) },
    ),
    { maxLength: 10 },
  )
  .map((parts) => parts.flat())

describe('the ledger on disk', () => {
  test('says what a sorted map says, whatever the order of pages and keys, and whoever opens it (R7)', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        await using folder = await tempFolder()
        let index = await open(folder.path)
        try {
          const model = new MemoryWalkLedger(1000)
          for (const step of history) {
            if (step.kind === 'reopen') {
              await index[Symbol.asyncDispose]()
              index = await open(folder.path)
            }
            expect(await take(index.ledger, step)).toEqual(await take(model, step))
          }
          for (const set of ['seen', 'gone'] as const) {
            expect(await all(index.ledger, set)).toEqual(await all(model, set))
            for (let page = 0; page <= PAGES + 1; page += 3) {
              expect(await index.ledger.size(P, set, page)).toBe(await model.size(P, set, page))
            }
          }
          expect(await index.verify()).toBe(true)
        } finally {
          await index[Symbol.asyncDispose]()
        }
      }),
      { numRuns: 150 },
    )
  }, 120_000)

  test('holds a walk in ascending order by the page, not by the key', async () => {
    await using folder = await tempFolder()
    {
      await using index = await open(folder.path)
      for (let page = 1; page <= 3; page += 1) {
        await index.ledger.add(
          P,
          'seen',
          page,
          keysOfPage(page).map((key) => [key, ''] as const),
        )
      }
    }
    expect(await ledgerKeys(folder.path)).toEqual(
      [1, 2, 3].map((page) => `ledger/p/seen/!${keysOfPage(page).at(-1)}`),
    )
  })

  test('reads what an earlier version wrote, a value for each key, and goes on with it', async () => {
    await using folder = await tempFolder()
    {
      await using index = await open(folder.path)
      await index.ledger.add(P, 'seen', 1, [[recordKey('9'), '']])
      // Below it: a value for each.
      await index.ledger.add(P, 'seen', 2, [
        [recordKey('1'), 'one'],
        [recordKey('3'), 'three'],
      ])
    }
    await removeRuns(folder.path)
    await using index = await open(folder.path)
    expect(
      await index.ledger.add(P, 'seen', 3, [
        [recordKey('2'), 'two'],
        [recordKey('3'), ''],
        [recordKey('4'), 'four'],
      ]),
    ).toEqual([true, false, true])
    expect(await all(index.ledger, 'seen')).toEqual([
      ['1', 'one'],
      ['2', 'two'],
      ['3', ''],
      ['4', 'four'],
    ])
    expect(await index.ledger.size(P, 'seen', 3)).toBe(2)
  })

  test('of a process that was killed while it wrote is whole up to a page, and has all that were answered (R7)', async () => {
    for (const answered of [1, 7, 30]) {
      await using folder = await tempFolder()
      const done = await killedAfter(answered, folder.path)
      await using index = await open(folder.path)
      const known = (await Array.fromAsync(index.ledger.entries(KILLED_PASS, 'seen'))).flat().length
      const whole = known / keysOfPage(1).length
      expect(whole).toBe(Math.floor(whole))
      expect(whole).toBeGreaterThanOrEqual(done)
      expect(await index.ledger.size(KILLED_PASS, 'seen', done + 1)).toBe(done * keysOfPage(1).length)
      // Another process walks the last answered page again, and goes on.
      for (const page of [done, whole + 1]) {
        const again = keysOfPage(page).map((key) => [key, ''] as const)
        expect(await index.ledger.add(KILLED_PASS, 'seen', page, again)).toEqual(again.map(() => true))
      }
    }
  }, 60_000)
})

function open(folder: string): Promise<LevelKeyIndex> {
  return openKeyIndex(folder, { resources: RESOURCES }, signal)
}

async function take(ledger: WalkLedger, step: Step): Promise<unknown> {
  switch (step.kind) {
    case 'add':
      return await ledger.add(P, step.set, step.page, step.marks)
    case 'drop':
      return await ledger.drop(P, step.set)
    case 'keep':
      return await ledger.keepOnly(step.passes.map(passId))
    case 'reopen':
      return undefined
  }
}

async function all(ledger: WalkLedger, set: LedgerSet): Promise<Marks> {
  return (await Array.fromAsync(ledger.entries(P, set))).flat()
}

async function ledgerKeys(folder: string): Promise<readonly string[]> {
  await using db = new ClassicLevel<string, Buffer>(`${folder}/index`, { valueEncoding: 'buffer' })
  return await db.keys({ gte: 'ledger/', lt: 'ledger0' }).all()
}

async function removeRuns(folder: string): Promise<void> {
  await using db = new ClassicLevel<string, Buffer>(`${folder}/index`, { valueEncoding: 'buffer' })
  for await (const key of db.keys({ gte: 'ledger/', lt: 'ledger0' })) if (key.includes('!')) await db.del(key)
}

/** Kills a process that adds page after page once it has said of so many that they are there; how many it said. */
async function killedAfter(pages: number, folder: string): Promise<number> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'ledger-writer.ts'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = once(child, 'exit')
  let said = 0
  for await (const line of createInterface({ input: child.stdout })) {
    said = Number(line)
    if (said >= pages) child.kill('SIGKILL')
  }
  await gone
  return said
}
