import { describe, expect, test } from 'vitest'

import { parseDigest, parseSchemaId } from '../../src/domain/content.ts'
import { instant } from '../../src/domain/instant.ts'
import { recordKey } from '../../src/domain/record-key.ts'
import type { Change } from '../../src/domain/change.ts'
import { wholeValue } from '../../src/kafka/outgoing-record.ts'
import { FILLED } from '../../src/feed/row-topics.ts'
import type { PublisherOptions } from '../../src/publisher/kafka-publisher.ts'
import { lostAnswer, ScriptedKafka } from './scripted-kafka.ts'
import { deletion, page } from './test-feed.ts'

const never = new AbortController().signal

const ON: Partial<PublisherOptions> = {
  rowCodec: {
    prepare: async () => undefined,
    row: (_, value) => Buffer.concat([Buffer.from('row of '), value]),
  },
  rows: new Map([['listing-rows', FILLED]]),
  partitions: new Map([
    ['listings', 1],
    ['listing-rows', 1],
  ]),
}

function upsert(key: string): Change {
  return {
    kind: 'upsert',
    reason: 'SNAPSHOT',
    key: recordKey(key),
    modificationTimestamp: null,
    observedAt: instant(0),
    mlsId: null,
    changeStamps: {},
    previousDigest: null,
    content: {
      schemaId: parseSchemaId(1)!,
      digest: parseDigest('0'.repeat(32))!,
      bytes: new Uint8Array(),
      volatileFields: {},
    },
  }
}

/** Values of a topic that a reader sees; null for a tombstone. */
function valuesOf({ visible }: ScriptedKafka, topic: string): readonly (string | null)[] {
  return visible
    .filter((sent) => sent.topic === `spark.${topic}`)
    .map(({ record: { value } }) => (value === null ? null : wholeValue(value).toString()))
}

describe('rows (`ROW_TOPICS`)', () => {
  test('are in the transaction of their events: a row an upsert, a tombstone a delete (R1, R13)', async () => {
    const kafka = new ScriptedKafka()
    await using publisher = kafka.publisher(ON)
    const { nextOffsets } = await publisher.commit(page([upsert('a'), deletion('b')]), never)
    const [event] = valuesOf(kafka, 'listings')
    expect(valuesOf(kafka, 'listing-rows')).toEqual([`row of ${event}`, null])
    expect(nextOffsets).toMatchObject({ listings: [4], 'listing-rows': [3] })
    expect(JSON.parse(valuesOf(kafka, 'checkpoints')[0]!)).toMatchObject({ rows: ['listing-rows'] })
  })

  test('are not written without the setting', async () => {
    const kafka = new ScriptedKafka()
    await using publisher = kafka.publisher()
    await publisher.commit(page([upsert('a')]), never)
    expect(kafka.visible.map(({ topic }) => topic)).toEqual(['spark.listings', 'spark.checkpoints'])
  })

  test('are committed once with what they bring, though the answer is lost (R3)', async () => {
    const kafka = new ScriptedKafka()
    kafka.commits.push({ visible: true, error: lostAnswer() })
    await using publisher = kafka.publisher({ ...ON, rows: new Map() })
    const rows = [{ key: 'a', value: Buffer.from('a'), headers: [] }]
    const { resource } = page([]).parts[0]!
    await publisher.commitRows({ resource, rows }, ON.rows!, never)
    expect(publisher.rows).toBe(ON.rows)
    expect(valuesOf(kafka, 'listing-rows')).toEqual(['a'])
    expect(await publisher.commit(page([upsert('b')]), never)).toMatchObject({ seq: 2 })
  })

  test('whose topic was made anew are given up, and the feed has to be opened again; nothing is published (R2)', async () => {
    const kafka = new ScriptedKafka()
    await using publisher = kafka.publisher({ ...ON, nextOffsets: { listings: [0], 'listing-rows': [100] } })
    await expect(publisher.commit(page([upsert('a')]), never)).rejects.toMatchObject({
      code: 'ROWS_TRUNCATED',
      disposition: 'reopen',
    })
    expect(kafka.keys()).toEqual([])
    expect(valuesOf(kafka, 'checkpoints').map((text) => JSON.parse(text!))).toEqual([{ seq: 1, rows: [] }])
    expect(publisher.rows.size).toBe(0)
  })
})
