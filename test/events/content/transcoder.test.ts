import { afterAll, beforeAll, expect, test } from 'vitest'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { DEFAULT_LIMIT } from '../../../src/events/content/content-encoder.ts'
import { RecordTranscoder } from '../../../src/events/content/transcoder/record-transcoder.ts'
import { readRecord } from '../../../src/spark/records.ts'
import { parseJsonText } from '../../../src/domain/json-text.ts'
import { Fixture } from '../sample.ts'
import { RESOURCE_SAMPLES } from '../resource-samples.ts'

let fixture: Fixture
beforeAll(async () => {
  fixture = await Fixture.open()
})
afterAll(() => fixture[Symbol.asyncDispose]())

test('x', () => {
  const t = RecordTranscoder.of(fixture.schemas.current(), DEFAULT_LIMIT)!
  const text = JSON.stringify(RESOURCE_SAMPLES.listings.body)
  for (let i = 0; i < 3; i++) {
  const end = t.transcode(Buffer.from(' ' + text + ' '), 1)
  expect(t.declined).toBe(undefined)
  expect(end).toBe(Buffer.byteLength(text) + 1)
  const r = readRecord(LISTINGS, parseJsonText(text))
  const e = fixture.encode(r as any)
  expect(t.digest).toBe(e.digest)
  expect(t.volatileFields).toEqual(e.volatileFields)
  expect(t.unmapped).toEqual(e.unmapped)
  expect(t.takeOutput()).toEqual(new Uint8Array(e.bytes))
  }
})
