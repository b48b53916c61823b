import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { Change, DeadLetter } from '../../src/domain/change.ts'
import { NO_OUTCOMES, passId, type OutcomeCounts } from '../../src/domain/pass.ts'
import type { RecordKey } from '../../src/domain/record-key.ts'
import { emptyPart, type Batch, type BatchPart } from '../../src/replication/batch.ts'
import { begun } from '../../src/replication/progress.ts'
import { pieceProgress, sizeOf, split } from '../../src/replication/split-batch.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { deletionOf, upsertOf } from '../fixtures/change.ts'
import { indexEntry, recordKeys } from '../fixtures/index-entry.ts'
import { LISTING_PHOTOS } from '../fixtures/resources.ts'
import { SERVER_TIME } from '../fixtures/scripted-source.ts'

const RESOURCES = [LISTINGS, LISTING_PHOTOS]

/** What a page says of one key. */
type Said = 'upsert' | 'deletion' | 'letter' | 'unchanged'

const said = fc.uniqueArray(
  fc.tuple(
    recordKeys,
    fc.constantFrom<Said>('upsert', 'upsert', 'deletion', 'letter', 'unchanged'),
    fc.boolean(),
  ),
  { selector: ([key]) => key },
)

/** A part of what is said of its keys, of some letters without a key, and of some stale records. */
function partOf(
  resource: BatchPart['resource'],
  says: readonly (readonly [RecordKey, Said, settled: boolean])[],
  keyless: number,
  stale: number,
): BatchPart {
  const changes: Change[] = []
  const deadLetters: DeadLetter[] = Array.from({ length: keyless }, (_, i) => letter(null, i))
  for (const [key, what] of says) {
    if (what === 'upsert') changes.push(upsertOf(key))
    if (what === 'deletion') changes.push(deletionOf(key))
    if (what === 'letter') deadLetters.push(letter(key, 0))
  }
  const count = (what: Said): number => says.filter(([, one]) => one === what).length
  return {
    resource,
    changes,
    deadLetters,
    settledLetters: says.flatMap(([key, , settled]) => (settled ? [key] : [])),
    entries: new Map(says.map(([key]) => [key, indexEntry()])),
    counts: {
      published: count('upsert'),
      unchanged: count('unchanged'),
      stale,
      dead_lettered: deadLetters.length,
    },
  }
}

function letter(key: RecordKey | null, n: number): DeadLetter {
  return { key, reason: `unreadable ${n}`, body: null }
}

const batches: fc.Arbitrary<Batch> = fc
  .tuple(...RESOURCES.map(() => fc.tuple(said, fc.nat({ max: 3 }), fc.nat({ max: 3 }))))
  .map((parts) => parts.map(([says, keyless, stale], i) => partOf(RESOURCES[i]!, says, keyless, stale)))

/** The limit of each piece; the last one holds for the rest. */
const limits = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 8 })

function cutsOf(batch: Batch, most: readonly number[]): readonly ReturnType<typeof split>[] {
  const cuts: ReturnType<typeof split>[] = []
  for (let rest: Batch | undefined = batch, n = 0; rest !== undefined; n += 1) {
    const cut: ReturnType<typeof split> = split(rest, most[n] ?? most.at(-1)!)
    cuts.push(cut)
    rest = cut[1]
  }
  return cuts
}

function piecesOf(batch: Batch, most: readonly number[]): readonly Batch[] {
  return cutsOf(batch, most).map(([piece]) => piece)
}

/** Everything of a part that is published, in its order. */
const events = ({ changes, deadLetters }: BatchPart): readonly (Change | DeadLetter)[] => [
  ...changes,
  ...deadLetters,
]

function sum(counts: readonly OutcomeCounts[]): OutcomeCounts {
  return counts.reduce(
    (a, b) => ({
      published: a.published + b.published,
      unchanged: a.unchanged + b.unchanged,
      stale: a.stale + b.stale,
      dead_lettered: a.dead_lettered + b.dead_lettered,
    }),
    NO_OUTCOMES,
  )
}

describe('a batch that is too much for one transaction', () => {
  test('comes in pieces of the size allowed, whose parts are those of the batch', () => {
    fc.assert(
      fc.property(batches, limits, (batch, most) => {
        const pieces = piecesOf(batch, most)
        for (const [n, piece] of pieces.entries()) {
          expect(piece.map(({ resource }) => resource)).toEqual(RESOURCES)
          expect(sizeOf(piece)).toBeLessThanOrEqual(most[n] ?? most.at(-1)!)
          if (pieces.length > 1) expect(sizeOf(piece)).toBeGreaterThan(0)
        }
      }),
    )
  })

  test('keeps every event of every topic once, in order within a piece, and a key together (R1, R6, R13)', () => {
    fc.assert(
      fc.property(batches, limits, (batch, most) => {
        const pieces = piecesOf(batch, most)
        for (const [i, part] of batch.entries()) {
          const all = events(part)
          const placed = pieces.map((piece) => events(piece[i]!).map((event) => all.indexOf(event)))
          expect(placed.flat().toSorted((a, b) => a - b)).toEqual(all.map((_, n) => n))
          for (const one of placed) expect(one).toEqual(one.toSorted((a, b) => a - b))
        }
        const keys = pieces.map((piece) => new Set(piece.flatMap(events).flatMap(({ key }) => key ?? [])))
        expect(keys.reduce((count, { size }) => count + size, 0)).toBe(
          new Set(keys.flatMap((some) => [...some])).size,
        )
      }),
    )
  })

  test('keeps every entry and every settled letter once, with what is published of their key (R1, R12)', () => {
    fc.assert(
      fc.property(batches, limits, (batch, most) => {
        const pieces = piecesOf(batch, most)
        for (const [i, part] of batch.entries()) {
          const parts = pieces.map((piece) => piece[i]!)
          const entries = parts.flatMap((piece) => [...piece.entries.keys()])
          expect(entries.toSorted()).toEqual([...part.entries.keys()].toSorted())
          const settled = parts.flatMap(({ settledLetters }) => settledLetters)
          expect(settled.toSorted()).toEqual([...part.settledLetters].toSorted())
          for (const piece of parts) {
            for (const { key } of events(piece)) if (key !== null) expect(piece.entries.has(key)).toBe(true)
          }
        }
      }),
    )
  })

  test('has the outcomes that its pieces have together, each counting what it publishes (R11)', () => {
    fc.assert(
      fc.property(batches, limits, (batch, most) => {
        const pieces = piecesOf(batch, most)
        for (const [i, { counts }] of batch.entries()) {
          const parts = pieces.map((piece) => piece[i]!)
          expect(sum(parts.map((part) => part.counts))).toEqual(counts)
          for (const { changes, deadLetters, counts: own } of parts) {
            expect(own.published).toBe(changes.filter(({ kind }) => kind === 'upsert').length)
            expect(own.dead_lettered).toBe(deadLetters.length)
          }
        }
      }),
    )
  })
})

describe('the checkpoint of a piece', () => {
  const before = begun({
    resource: LISTINGS.name,
    pass: 'update',
    passId: passId('update-1'),
    initial: false,
    startedAt: SERVER_TIME,
    filter: '',
    sweepOffsets: [],
    held: 0,
    heldRecords: 0,
    window: null,
    owedSeconds: [],
    scope: '',
    rescoped: false,
    compare: null,
    reconciledAt: null,
    overlap: null,
  })

  test("counts what the pass's own resource has published so far, and stands before the page (R1, R11)", () => {
    fc.assert(
      fc.property(batches, limits, (batch, most) => {
        const [own = emptyPart(LISTINGS)] = batch
        const deletions = own.changes.filter(({ kind }) => kind === 'deletion').length
        const deletes = { ...before.deletes, emitted: deletions }
        const after = { ...before, token: 'next', page: 1, walked: 9, counts: own.counts, deletes }
        const cuts = cutsOf(batch, most)
        for (const [n, [, left]] of cuts.entries()) {
          if (left === undefined) continue
          const { counts, deletes: told, ...place } = pieceProgress(after, before, left)
          const done = cuts.slice(0, n + 1).map(([piece]) => piece[0]!)
          expect(counts).toEqual(sum(done.map((part) => part.counts)))
          expect(counts.published + told.emitted).toBe(done.flatMap(({ changes }) => changes).length)
          expect(place).toEqual({ ...before, counts: undefined, deletes: undefined })
        }
      }),
    )
  })
})
