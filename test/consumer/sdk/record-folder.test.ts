import { describe, expect, test } from 'vitest'

import { RecordFolder, type ChangeRecords } from '../../../src/consumer/sdk/record-folder.ts'
import type { KafkaRecord } from '../../../src/kafka/read-topic.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'

function record(offset: number, key: string, type: 'Upserted' | 'Deleted', isTombstone = false): KafkaRecord {
  const headers = { ce_type: Buffer.from(`listingstream.Listing${type}`) }
  const value = isTombstone ? null : Buffer.from(type)
  return { offset, timestamp: 0, key: Buffer.from(key), value, headers }
}
const upsert = (offset: number, key = 'k'): KafkaRecord => record(offset, key, 'Upserted')
const deletion = (offset: number, key = 'k'): KafkaRecord => record(offset, key, 'Deleted')
const tombstone = (offset: number, key = 'k'): KafkaRecord => record(offset, key, 'Deleted', true)

function told(changes: readonly ChangeRecords[]): readonly string[] {
  return changes.map(({ record: { offset }, tombstone: after, nextOffset }) => {
    return `${offset}${after === null ? '' : `+${after.offset}`}→${nextOffset}`
  })
}

describe('the records of a partition become changes', () => {
  test('a delete and its tombstone are one (R13)', () => {
    const folder = new RecordFolder(LISTINGS)
    const records = [upsert(0), deletion(1), tombstone(2), upsert(3)]
    expect(told(folder.take({ records, nextOffset: 4 }))).toEqual(['0→1', '1+2→3', '3→4'])
  })

  test('a delete waits for its tombstone in the next block', () => {
    const folder = new RecordFolder(LISTINGS)
    expect(told(folder.take({ records: [deletion(1)], nextOffset: 2 }))).toEqual([])
    expect(folder.holds).toBe(true)
    expect(told(folder.take({ records: [tombstone(2)], nextOffset: 3 }))).toEqual(['1+2→3'])
  })

  test('a delete waits no longer once another record, or none, lies behind it', () => {
    const folder = new RecordFolder(LISTINGS)
    const others = [deletion(1), upsert(2, 'other'), deletion(5), tombstone(6, 'other')]
    expect(told(folder.take({ records: others, nextOffset: 7 }))).toEqual(['1→2', '2→3', '5→6', '6→7'])
    expect(told(folder.take({ records: [deletion(8)], nextOffset: 10 }))).toEqual(['8→9'])
    expect(told(folder.flush())).toEqual([])
  })

  test('a tombstone that compaction has left alone is a change of its own', () => {
    const folder = new RecordFolder(LISTINGS)
    expect(told(folder.take({ records: [tombstone(4), upsert(9)], nextOffset: 10 }))).toEqual(['4→5', '9→10'])
  })
})
