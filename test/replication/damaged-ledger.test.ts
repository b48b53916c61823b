import { ClassicLevel } from 'classic-level'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { LevelKeyIndex } from '../../src/key-index/level-key-index.ts'
import { openKeyIndex } from '../../src/key-index/open-key-index.ts'
import type { PassKind, PassProgress } from '../../src/domain/pass.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { FeedRunner, PLAIN_PASS } from '../../src/replication/feed-runner.ts'
import { CommittedState } from '../../src/replication/committed-state.ts'
import type { Source } from '../../src/replication/ports.ts'
import { runPurge } from '../../src/replication/purge.ts'
import { runSnapshot } from '../../src/replication/records-pass.ts'
import { ListingstreamError } from '../../src/support/errors.ts'
import { feedIdentity } from '../fixtures/index-entry.ts'
import { assembleFeed, CollectingObserver, feedAfterSnapshot, MemoryFeed } from '../fixtures/memory-feed.ts'
import { MemoryPublisher } from '../fixtures/memory-publisher.ts'
import { keyRecord, sourceRecord } from '../fixtures/scripted-source.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { ModelMarket, ModelSource } from './model-market.ts'
import { RESOURCES } from '../../src/resources/index.ts'

const { signal } = new AbortController()
const HOUR_MS = 3_600_000
const outage = new ListingstreamError('outage', { code: 'SPARK_OUTAGE', retryable: true })
const KEYS = Array.from({ length: 12 }, (_, i) => `k${String(i).padStart(2, '0')}`)

/** What happens to one mark on the disk. */
type Damage =
  | { readonly kind: 'value bit' | 'key bit' | 'cut'; readonly mark: number; readonly at: number }
  | { readonly kind: 'lost' | 'empty' | 'note'; readonly mark: number; readonly at: number }

const damages: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom('value bit', 'key bit', 'cut', 'lost', 'empty', 'note'),
  mark: fc.nat(100),
  at: fc.nat(10_000),
})

/** A market and the program on one folder; each pass is a process of its own. */
class Program {
  readonly topics = new MemoryPublisher()
  readonly market = new ModelMarket()
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Runs a pass that loses its source after so many pages, if it has so many. */
  async run(pass: PassKind, pages = Infinity): Promise<PassProgress | undefined> {
    await using index = await this.#open()
    const model = new ModelSource(this.market, {
      pageSizes: [3],
      around: [],
      lastRequest: index.state()?.request ?? 0,
      isStamped: true,
    })
    const feed = assembleFeed({
      source: endingAfter(model, pages),
      publisher: this.topics,
      topics: this.topics,
      index,
      clock: this.market,
      observer: new CollectingObserver(),
      over: { guard: { maxDeletes: 100, maxRatio: 1, hardMax: 100 } },
    })
    try {
      const { progress } = await new FeedRunner(feed).run(LISTINGS, pass, PLAIN_PASS, signal)
      return progress
    } catch (error) {
      if (error !== outage) throw error
      return undefined
    }
  }

  /** As a start of the program does it (R2). */
  async #open(): Promise<LevelKeyIndex> {
    const index = await openKeyIndex(this.#folder, { resources: RESOURCES }, signal)
    const now = this.market.now()
    const fit = index.state() !== null && (await index.verify())
    if (!fit) await this.topics.rebuild(index, feedIdentity(), now)
    const passes = new CommittedState(this.topics.feedState(feedIdentity())).passes()
    await index.ledger.keepOnly(passes.filter(({ state }) => state === 'running').map(({ passId }) => passId))
    return index
  }

  async damage(damage: Damage): Promise<void> {
    await using db = await this.#database()
    const marks = await db.iterator({ gte: 'ledger/', lt: 'ledger0' }).all()
    const mark = marks[damage.mark % marks.length]
    if (mark === undefined) throw new Error('no ledger to damage')
    await db.del(mark[0])
    const damaged = damagedMark(damage, mark)
    if (damaged !== undefined) await db.put(...damaged)
  }

  async ledgerKeys(): Promise<readonly string[]> {
    await using db = await this.#database()
    return await db.keys({ gte: 'ledger/', lt: 'ledger0' }).all()
  }

  async #database(): Promise<ClassicLevel<string, Buffer>> {
    const db = new ClassicLevel<string, Buffer>(`${this.#folder}/index`, { valueEncoding: 'buffer' })
    await db.open()
    return db
  }
}

function damagedMark(
  { kind, at }: Damage,
  [key, value]: readonly [string, Buffer],
): [string, Buffer] | undefined {
  const flipped = (bytes: Buffer): Buffer => {
    bytes[(at >> 3) % bytes.length]! ^= 1 << (at & 7)
    return bytes
  }
  switch (kind) {
    case 'value bit':
      return [key, flipped(Buffer.from(value))]
    case 'key bit': {
      // Behind "ledger/": within the range, as ASCII.
      const text = Buffer.from(key)
      const i = 7 + (at % (text.length - 7))
      text[i]! ^= 1 << (at % 7)
      return [text.toString('latin1'), value]
    }
    case 'cut':
      return [key, value.subarray(0, at % value.length)]
    case 'empty':
      return [key, Buffer.alloc(0)]
    case 'note':
      return [key, Buffer.concat([value, Buffer.from('x')])]
    case 'lost':
      return undefined
  }
}

function endingAfter(source: Source, pages: number): Source {
  return {
    identify: (purpose, asking) => source.identify(purpose, asking),
    async *walk(request, walking) {
      let left = pages
      for await (const page of source.walk(request, walking)) {
        if (left === 0) throw outage
        left -= 1
        yield page
      }
    },
    count: (...question) => source.count(...question),
    sets: (...question) => source.sets(...question),
    findByKeys: (...question) => source.findByKeys(...question),
    findOne: (...question) => source.findOne(...question),
  }
}

describe('a ledger that is damaged is a lost ledger', () => {
  test.each<PassKind>(['snapshot', 'purge'])(
    'whatever happened to its marks, the %s comes to its end, and the topics to what is true (R7, R9)',
    async (pass) => {
      await fc.assert(
        fc.asyncProperty(fc.array(damages, { minLength: 1, maxLength: 3 }), async (list) => {
          await using folder = await tempFolder()
          const program = new Program(folder.path)
          for (const key of KEYS) program.market.apply({ kind: 'create', key })
          if (pass === 'purge') {
            program.market.advance(HOUR_MS)
            await program.run('snapshot')
            program.market.apply({ kind: 'remove', key: KEYS[1]! })
            program.market.apply({ kind: 'remove', key: KEYS[8]! })
          }
          program.market.advance(HOUR_MS)
          expect(await program.run(pass, 2)).toBeUndefined()
          for (const one of list) if ((await program.ledgerKeys()).length > 0) await program.damage(one)

          const progress = await program.run(pass)

          expect(progress?.state).toBe('completed')
          const truth = program.market.records().map(({ key }) => String(key))
          expect(progress?.walked).toBe(truth.length)
          expect([...program.topics.live().keys()].toSorted()).toEqual(truth)
          expect(await program.ledgerKeys()).toEqual([])
        }),
        { numRuns: 40 },
      )
    },
    60_000,
  )

  test('and does not let a walk count twice what it shows twice: the snapshot walks again (R7)', async () => {
    const first = new MemoryFeed({
      walks: [[{ records: [sourceRecord('1'), sourceRecord('2')] }, { fail: outage }]],
    })
    await expect(runSnapshot(first.feed, LISTINGS, signal)).rejects.toBe(outage)
    const [{ request } = { request: undefined }] = first.committed()
    await first.index.ledger.drop(request!.progress.passId)
    // `2` moved behind the token, `4` is not shown at all: three of four.
    const rest = { records: [sourceRecord('2'), sourceRecord('3')] }
    const second = first.restart({ walks: [[rest]], counts: [4] })
    await expect(runSnapshot(second.feed, LISTINGS, signal)).rejects.toMatchObject({
      code: 'PASS_INCOMPLETE',
    })
    expect(second.source.asked[0]).toMatchObject({ kind: 'walk', token: '' })
  })

  test('also while the pass runs: the walk begins again (R7)', async () => {
    const known = ['1', '2', '3']
    const walk = { records: ['1', '3'].map(keyRecord) }
    const opened = await feedAfterSnapshot(
      known.map((key) => sourceRecord(key)),
      { walks: [[walk], [walk]], counts: [2, 2], records: ['1', '3'].map((key) => sourceRecord(key)) },
    )
    const { ledger } = opened.feed.index
    const entries = ledger.entries.bind(ledger)
    let damaged = 0
    ledger.entries = async function* (pass, set) {
      damaged += set === 'seen' ? 1 : 0
      if (set === 'seen' && damaged === 1) yield [[keyRecord('1').key, 'no stamp']]
      else yield* entries(pass, set)
    }
    const { progress } = await runPurge(opened.feed, LISTINGS, PLAIN_PASS, signal)
    expect(progress).toMatchObject({ state: 'completed', walked: 2, deletes: { emitted: 1 } })
    expect(opened.source.leftOver()).toEqual({ walks: 0, counts: 0 })
  })
})

describe('a ledger that nobody goes on with', () => {
  test('of a pass whose first page could not be committed is dropped at once', async () => {
    await using folder = await tempFolder()
    const program = new Program(folder.path)
    for (const key of KEYS) program.market.apply({ kind: 'create', key })
    program.market.advance(HOUR_MS)
    for (let n = 0; n < 3; n += 1) {
      program.topics.failBeforeCommit(0, outage)
      expect(await program.run('snapshot')).toBeUndefined()
      expect(await program.ledgerKeys()).toEqual([])
    }
    expect(await program.run('snapshot')).toMatchObject({ state: 'completed', walked: KEYS.length })
  })

  test('of a pass whose process died right after its last commit is dropped by the next start', async () => {
    await using folder = await tempFolder()
    const program = new Program(folder.path)
    for (const key of KEYS) program.market.apply({ kind: 'create', key })
    program.market.advance(HOUR_MS)
    const died = new Error('died')
    // Four pages, and the end.
    program.topics.failAfterCommit(4, died)
    await expect(program.run('snapshot')).rejects.toMatchObject({ code: 'INDEX_BEHIND', cause: died })
    expect(await program.ledgerKeys()).not.toEqual([])
    await program.run('update')
    expect(await program.ledgerKeys()).toEqual([])
  })

  test('of a dry run is dropped, also when it fails', async () => {
    const opened = await feedAfterSnapshot([sourceRecord('1')], {
      walks: [[{ records: [keyRecord('1')] }, { fail: outage }], [{ records: [keyRecord('1')] }]],
      counts: [1],
    })
    const dropped: string[] = []
    const { ledger } = opened.feed.index
    const drop = ledger.drop.bind(ledger)
    ledger.drop = async (pass, set) => {
      if (set === undefined) dropped.push(pass)
      return drop(pass, set)
    }
    await expect(runPurge(opened.feed, LISTINGS, { ...PLAIN_PASS, dryRun: true }, signal)).rejects.toBe(
      outage,
    )
    expect(dropped).toHaveLength(1)
    await runPurge(opened.feed, LISTINGS, { ...PLAIN_PASS, dryRun: true }, signal)
    expect(dropped).toHaveLength(2)
  })
})
