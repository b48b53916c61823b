import { describe, expect, test } from 'vitest'

import { encodeAhead } from '../../src/app/encode-ahead.ts'
import type { ListingEncoder } from '../../src/events/listing-encoder.ts'
import { LISTINGS } from '../../src/listing/resource.ts'
import type { SourceRecord } from '../../src/listing/source-record.ts'
import { keyRecord, ScriptedSource, sourceRecord } from '../support/scripted-source.ts'

const never = new AbortController().signal
const records = Array.from({ length: 250 }, (_, i) => sourceRecord(String(1000 + i)))

/** Remembers what was to be encoded. */
function listening() {
  const encoded: SourceRecord[] = []
  const encoder: Pick<ListingEncoder, 'encodeAhead'> = {
    encodeAhead: (_, some) => void encoded.push(...some),
  }
  return { encoded, encoder }
}

describe('a source whose records are encoded ahead', () => {
  test('yields the same pages, each record handed to the encoder before its page', async () => {
    const { encoded, encoder } = listening()
    const source = encodeAhead(new ScriptedSource({ walks: [[{ records }]] }), encoder)
    for await (const page of source.walk(
      { resource: LISTINGS, filter: '', select: 'everything', token: '' },
      never,
    )) {
      expect(page.records).toEqual(records)
      expect(encoded).toEqual(records)
    }
    expect(encoded).toHaveLength(250)
  })

  test('encodes nothing of a walk of keys', async () => {
    const { encoded, encoder } = listening()
    const source = encodeAhead(new ScriptedSource({ walks: [[{ records: [keyRecord('1')] }]] }), encoder)
    const pages = await Array.fromAsync(
      source.walk({ resource: LISTINGS, filter: '', select: 'keys', token: '' }, never),
    )
    expect(pages).toHaveLength(1)
    expect(encoded).toEqual([])
  })

  test('stops between two parts of a page when it is aborted', async () => {
    const stop = new AbortController()
    const { encoded, encoder } = listening()
    const stopping: typeof encoder = {
      encodeAhead(resource, some) {
        encoder.encodeAhead(resource, some)
        stop.abort(new Error('stopped'))
      },
    }
    const source = encodeAhead(new ScriptedSource({ walks: [[{ records }]] }), stopping)
    const request = { resource: LISTINGS, filter: '', select: 'everything', token: '' } as const
    await expect(Array.fromAsync(source.walk(request, stop.signal))).rejects.toThrow('stopped')
    expect(encoded.length).toBeLessThan(records.length)
  })
})
