/**
 * Random histories of listings and of their sets, and of programs that replicate both and die at random moments. When one
 * fails, `PROPERTY_SEED=… PROPERTY_PATH=… npx vitest run test/replication/sets/sets-replay` runs it again.
 */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Digest } from '../../../src/domain/content.ts'
import type { RecordKey } from '../../../src/domain/record-key.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { OVERLAP_MS } from '../../fixtures/memory-feed.ts'
import type { Around, MarketChange } from '../model-market.ts'
import { PHOTOS, SETS, SetsReplication, type Remains, type Track } from './sets-replication.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
// Never removed: an empty walk would be held by the guard (R10).
const ANCHOR = '0'
/** More than fail in a row before that is an outage. */
const KEYS = ['1', '2', '3', '4', '5', '6', '7']

interface Death {
  readonly after: number
  readonly remains: Remains
}

type Step =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'changes'; readonly changes: readonly MarketChange[] }
  | { readonly kind: 'restart'; readonly remains: Remains; readonly hasSets: boolean }
  /** The host of the next process has a clock that is so far off. */
  | { readonly kind: 'clock'; readonly off: number }
  | { readonly kind: 'lag'; readonly ms: number }
  | { readonly kind: 'refuse' | 'grant'; readonly mlsId: string }
  | {
      readonly kind: 'passes'
      /** Beside each other. */
      readonly tracks: readonly Track[]
      readonly around: readonly Around[]
      readonly crash: Death | null
    }

/** One of the names, as often as its number says. */
function often<T extends string>(weights: Readonly<Record<T, number>>): fc.Arbitrary<T> {
  const names = Object.keys(weights) as T[]
  return fc.oneof(...names.map((name) => ({ weight: weights[name], arbitrary: fc.constant(name) })))
}

const change: fc.Arbitrary<MarketChange> = fc.record({
  kind: often({
    create: 2,
    change: 1,
    photos: 8,
    'poison photos': 1,
    rooms: 4,
    'rooms alone': 2,
    'break sets': 2,
    'mend sets': 2,
    remove: 4,
    return: 3,
    'return changed': 1,
    poison: 1,
    heal: 1,
    mask: 1,
    unmask: 1,
  }),
  key: fc.constantFrom(...KEYS),
})
const around: fc.Arbitrary<readonly Around[]> = fc.array(
  fc.record({
    before: fc.option(change, { freq: 2 }),
    after: fc.array(change, { maxLength: 2 }),
    skew: fc.constant(0),
  }),
  { maxLength: 6 },
)

/** Of how long nothing happens at most, and what a new process may find. */
interface Times {
  readonly waits: readonly number[]
  readonly remains: readonly Remains[]
}

/** What the topics do not tell is in doubt for two days. */
const SHORT: Times = {
  waits: [MINUTE_MS, OVERLAP_MS, HOUR_MS],
  remains: ['index kept', 'index lost'],
}
const LONG: Times = { waits: [OVERLAP_MS, 26 * HOUR_MS, 75 * HOUR_MS], remains: ['index kept'] }

function stepWith({ waits, remains }: Times): fc.Arbitrary<Step> {
  const found = fc.constantFrom(...remains)
  const death = fc.record({ after: fc.nat({ max: 60 }), remains: found })
  const crash: fc.Arbitrary<Death | null> = fc.option(death, { freq: 2 })
  const passes: fc.Arbitrary<Step> = fc.record({
    kind: fc.constant('passes'),
    tracks: often({
      update: 2,
      purge: 2,
      photos: 4,
      rooms: 3,
      cycle: 1,
      'update, photos': 3,
      'purge, photos, rooms': 2,
      'snapshot, rooms': 1,
    }).map((names) => names.split(', ') as Track[]),
    around,
    crash,
  })
  const changes = fc.array(change, { minLength: 1, maxLength: 4 })
  const off = fc.constantFrom(0, -30 * MINUTE_MS, 30 * MINUTE_MS)
  const lag = fc.constantFrom(0, 10 * MINUTE_MS, OVERLAP_MS)
  const hasSets = fc.boolean()
  const others: readonly fc.Arbitrary<Step>[] = [
    fc.record({ kind: fc.constant('restart'), remains: found, hasSets }),
    fc.record({ kind: fc.constant('clock'), off }),
    fc.record({ kind: fc.constant('lag'), ms: lag }),
    fc.record({ kind: fc.constantFrom('refuse', 'grant'), mlsId: fc.constantFrom('even', 'odd') }),
  ]
  return fc.oneof(
    { weight: 8, arbitrary: passes },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('changes'), changes }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait'), ms: fc.constantFrom(...waits) }) },
    ...others.map((arbitrary) => ({ weight: 1, arbitrary })),
  )
}

interface History {
  readonly mostEvents: number
  readonly listed: readonly string[]
  readonly steps: readonly Step[]
  /** By a new process, which comes to the end of it; null: the same one does. */
  readonly found: Remains | null
}

function historyWith(times: Times): fc.Arbitrary<History> {
  return fc.record({
    // A delete and the tombstones of two sets stay together (R13).
    mostEvents: fc.constantFrom(Infinity, Infinity, 3, 4),
    listed: fc.subarray(KEYS),
    steps: fc.array(stepWith(times), { minLength: 1, maxLength: 14 }),
    found: fc.option(fc.constantFrom(...times.remains), { freq: 2 }),
  })
}

const history = fc.oneof(historyWith(SHORT), historyWith(LONG))

async function perform(replication: SetsReplication, next: Step): Promise<boolean> {
  const { market, clock } = replication
  switch (next.kind) {
    case 'wait':
      market.advance(next.ms)
      return false
    case 'changes':
      for (const one of next.changes) {
        market.advance(1_000)
        market.apply(one)
      }
      return false
    case 'restart':
      await replication.restart(next.remains, next.hasSets)
      return false
    case 'clock':
      clock.off = next.off
      await replication.restart('index kept')
      return false
    case 'lag':
      market.parts.lag = next.ms
      return false
    case 'refuse':
      market.parts.refusing.add(next.mlsId)
      return false
    case 'grant':
      market.parts.refusing.delete(next.mlsId)
      return false
    case 'passes': {
      const { tracks, around: happening, crash } = next
      const died = (await replication.run(tracks, happening, crash?.after)) === 'died'
      if (died) await replication.restart(crash?.remains ?? 'index kept')
      return died
    }
  }
}

/** No more changes and no more crashes: what is owed is read, whatever had kept it. */
async function settle(replication: SetsReplication, found: Remains | null): Promise<void> {
  const { market, clock } = replication
  market.parts.refusing.clear()
  for (const key of KEYS) {
    market.apply({ kind: 'mend sets', key })
    market.apply({ kind: 'heal', key })
  }
  if (found !== null || !replication.hasSets) {
    clock.off = 0
    await replication.restart(found ?? 'index kept')
  }
  while (!replication.isFilled(LISTINGS)) await replication.run(['snapshot'])
  for (const track of ['update', 'update', 'purge', 'purge', 'purge'] as const) {
    market.advance(HOUR_MS)
    await replication.run([track])
  }
  // A process that was refused looks again after a day.
  if (found === null) market.advance(24 * HOUR_MS)
  for (const track of ['photos', 'rooms', 'photos', 'cycle'] as const) {
    market.advance(HOUR_MS)
    await replication.run([track])
  }
}

/** What holds of the topics from their beginning to their end, whatever happened. */
function checkTopics({ topics, knewSets }: SetsReplication): void {
  const last = new Map<string, Map<RecordKey, Digest>>()
  const of = (name: string): Map<RecordKey, Digest> => {
    const digests = last.get(name) ?? new Map<RecordKey, Digest>()
    last.set(name, digests)
    return digests
  }
  for (const [i, { request }] of topics.transactions.entries()) {
    for (const { resource, changes } of request.parts) {
      const digests = of(resource.name)
      for (const one of changes) {
        const before = digests.get(one.key)
        expect(one.previousDigest, `each event names the one before it, ${one.key}`).toBe(before ?? null)
        if (one.kind === 'deletion') digests.delete(one.key)
        else {
          expect(one.content.digest, `no content is published twice, ${one.key} (R5)`).not.toBe(before)
          digests.set(one.key, one.content.digest)
        }
      }
    }
    for (const { name } of SETS) {
      const orphans = [...of(name).keys()].filter((key) => !of(LISTINGS.name).has(key))
      const fresh = request.parts
        .filter(({ resource }) => resource.name === name)
        .flatMap(({ changes }) => changes.filter(({ kind }) => kind === 'upsert').map(({ key }) => key))
      const gone = request.parts
        .filter(({ resource }) => resource.name === LISTINGS.name)
        .flatMap(({ changes }) => changes.filter(({ kind }) => kind === 'deletion').map(({ key }) => key))
      const wrong = knewSets[i] === true ? [...fresh, ...gone] : fresh
      expect(
        orphans.filter((key) => wrong.includes(key)),
        'a set comes and goes with its listing (R13)',
      ).toEqual([])
    }
  }
}

const REPLAY = {
  ...(process.env['PROPERTY_SEED'] === undefined ? {} : { seed: Number(process.env['PROPERTY_SEED']) }),
  ...(process.env['PROPERTY_PATH'] === undefined ? {} : { path: process.env['PROPERTY_PATH'] }),
}

test('whatever happens to listings, their sets, the source and the process, the topics of the sets end as what is true (R1, R2, R5, R6, R13)', async () => {
  let crashes = 0
  await fc.assert(
    fc.asyncProperty(history, async ({ mostEvents, listed, steps, found }) => {
      const replication = new SetsReplication(mostEvents)
      const { market, topics } = replication
      for (const key of [ANCHOR, ...listed]) {
        market.apply({ kind: 'create', key })
        market.apply({ kind: 'photos', key })
      }
      await replication.restart('index kept')
      await replication.run(['snapshot'])
      for (const next of steps) if (await perform(replication, next)) crashes += 1
      await settle(replication, found)
      checkTopics(replication)
      for (const resource of [LISTINGS, ...SETS]) {
        const published = replication.published(resource)
        const truth = replication.truth(resource)
        const contents = [...published].map(([key, { digest }]) => [key, digest] as const)
        expect(
          new Map(contents.filter(([key]) => resource !== PHOTOS || !market.parts.isPoisoned(key))),
          `${resource.name}: the topic is what is true`,
        ).toEqual(truth)
        expect(await replication.indexed(resource), `${resource.name}: so is the index`).toEqual(published)
      }

      const { length } = topics.transactions
      await replication.restart('index kept')
      await replication.run(['photos'])
      await replication.run(['rooms'])
      expect(replication.setsAsked, 'what is not owed is not asked for').toEqual([])
      expect(topics.transactions, 'a pass that finds nothing commits nothing').toHaveLength(length)
    }),
    { numRuns: 300, ...REPLAY },
  )
  if (!('path' in REPLAY)) expect(crashes, 'processes died').toBeGreaterThan(0)
}, 60_000)
