import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { committedBatches, type AbortedTransaction } from '../../src/kafka/committed-batches.ts'
import { readLogBatches } from '../../src/kafka/log-batch.ts'
import { CODEC_NAMES, dataBatch, marker } from './log-bytes.ts'

const [X, Y] = [10n, 11n]

/** Base offsets of what is seen. */
async function seen(
  log: readonly Buffer[],
  aborted: readonly AbortedTransaction[],
): Promise<readonly number[]> {
  const batches = readLogBatches(Buffer.concat(log), { topic: 't', partition: 0 })
  return (await committedBatches(batches, aborted)).map(({ baseOffset }) => baseOffset)
}

describe('what a read-committed reader sees', () => {
  test('an aborted record stays hidden when the list of aborted transactions is not sorted', async () => {
    const log = [
      dataBatch(X, 0, 0, [0]),
      dataBatch(Y, 1, 1, [1]),
      marker(Y, 2, 'abort'),
      marker(X, 3, 'abort'),
      dataBatch(X, 4, 4, [4]),
      marker(X, 5, 'commit'),
    ]
    const aborted = [
      { producerId: Y, firstOffset: 1 },
      { producerId: X, firstOffset: 0 },
    ]
    expect(await seen(log, aborted)).toEqual([4])
  })

  test('a key of four zero bytes is not an abort marker', async () => {
    const log = [
      dataBatch(X, 0, 0, [0], { record: { key: Buffer.alloc(4) } }),
      dataBatch(X, 1, 1, [1]),
      marker(X, 2, 'abort'),
    ]
    expect(await seen(log, [{ producerId: X, firstOffset: 0 }])).toEqual([])
  })

  test('a record outside transactions is seen whoever aborts', async () => {
    const log = [
      dataBatch(X, 0, 0, [0]),
      dataBatch(X, 1, 1, [1], { isTransactional: false }),
      marker(X, 2, 'abort'),
    ]
    expect(await seen(log, [{ producerId: X, firstOffset: 0 }])).toEqual([1])
  })

  test('markers are never shown, also where compaction has emptied one', async () => {
    const emptied = dataBatch(X, 1, 1, [], { isControl: true })
    expect(await seen([dataBatch(X, 0, 0, []), emptied, marker(X, 2, 'commit')], [])).toEqual([0])
  })

  test('one producer may abort several times in one answer, and a transaction may end beyond it', async () => {
    const log = [
      dataBatch(X, 0, 0, [0]),
      marker(X, 1, 'abort'),
      dataBatch(X, 2, 2, [2]),
      marker(X, 3, 'commit'),
      dataBatch(X, 4, 4, [4]),
      dataBatch(X, 5, 5, [5]),
    ]
    const aborted = [0, 4].map((firstOffset) => ({ producerId: X, firstOffset }))
    expect(await seen(log, aborted)).toEqual([2])
  })

  test('of any interleaving exactly the committed records are seen, from wherever the block begins', async () => {
    const step = fc.record({
      producer: fc.constantFrom(7n, 8n, 2n ** 62n),
      what: fc.constantFrom('send', 'send', 'send', 'commit', 'abort'),
      codec: fc.constantFrom(...CODEC_NAMES),
      isEmptied: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.nat(), fc.gen(), async (steps, cut, gen) => {
        const log: Buffer[] = []
        const open = new Map<bigint, number[]>()
        const committed = new Set<number>()
        const aborted: (AbortedTransaction & { readonly marker: number })[] = []
        const end = (producer: bigint, what: 'commit' | 'abort'): void => {
          const sent = open.get(producer)
          if (sent === undefined) return
          open.delete(producer)
          if (what === 'commit') for (const offset of sent) committed.add(offset)
          else aborted.push({ producerId: producer, firstOffset: sent[0]!, marker: log.length })
          log.push(marker(producer, log.length, what))
        }
        for (const { producer, what, codec, isEmptied } of steps) {
          if (what === 'commit' || what === 'abort') end(producer, what)
          else {
            const at = log.length
            open.set(producer, [...(open.get(producer) ?? []), at])
            log.push(dataBatch(producer, at, at, isEmptied ? [] : [at], { codec }))
          }
        }
        // The block ends at the last stable offset, so nothing in it is undecided.
        for (const producer of open.keys()) end(producer, 'commit')
        const from = log.length === 0 ? 0 : cut % log.length
        const list = aborted.filter((each) => each.marker >= from)
        const shuffled = gen(fc.shuffledSubarray, list, { minLength: list.length })
        expect(await seen(log.slice(from), shuffled)).toEqual(
          [...committed].filter((offset) => offset >= from).sort((a, b) => a - b),
        )
      }),
    )
  })
})
