import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { LISTINGS } from '../../src/resources/listings.ts'
import { readPage } from '../../src/spark/page-body.ts'
import { scanPage } from '../../src/spark/page-scan.ts'
import { readRow, type ReadRecords } from '../../src/spark/records.ts'
import { skipValue } from '../../src/support/json-bytes.ts'
import { JSON_TEXTS, pages } from './pages.ts'
import { keyOf } from './scripted-api.ts'

/** The page from row to row, each row read by itself; undefined if it cannot be walked so. */
function scanned(bytes: Buffer) {
  const records: ReadRecords['records'][number][] = []
  const unreadable: ReadRecords['unreadable'][number][] = []
  const envelope = scanPage(bytes, (at) => {
    const end = skipValue(bytes, at)
    if (end < 0) return end
    const row = readRow(LISTINGS, bytes, at, end)
    if ('key' in row) records.push(row)
    else unreadable.push(row)
    return end
  })
  return envelope && { kind: 'envelope', envelope, rows: { records, unreadable } }
}

const ROWS = fc.oneof(
  JSON_TEXTS,
  fc
    .nat(9)
    .map((n) => `{"Id":"${keyOf(n)}","StandardFields":{"City":"Z\u00fcrich","Beds":90071992547409931234}}`),
)

describe('a page that is walked from row to row', () => {
  test('has the envelope and the rows of one that is parsed whole, whatever its bytes, or is not taken (R8, R12)', () => {
    let taken = 0
    fc.assert(
      fc.property(pages(ROWS), (bytes) => {
        const page = scanned(bytes)
        if (page === undefined) return
        taken += 1
        expect(page).toEqual(readPage(bytes, LISTINGS))
      }),
      { numRuns: 3_000 },
    )
    expect(taken).toBeGreaterThan(600)
  })

  test.each([
    '{"D":{"Success":true,"Results":[]}}',
    ' { "D" : { "SkipToken" : "]}" , "Results" : [ {"Id":"1"} , 2 ] , "Success" : true } } ',
    '{"E":{"Results":[1]},"D":{"Other":{"Results":[1]},"Success":true,"Results":[{"Id":"1"}]}}',
  ])('is taken: %s', (text) => {
    const bytes = Buffer.from(text)
    expect(scanned(bytes)).toEqual(readPage(bytes, LISTINGS))
  })

  test.each([
    ['no results', '{"D":{"Success":true}}'],
    ['results that are no list', '{"D":{"Success":true,"Results":{}}}'],
    ['results twice', '{"D":{"Success":true,"Results":[1],"Results":[]}}'],
    ['two envelopes', '{"D":{},"D":{"Success":true,"Results":[]}}'],
    ['a name with escapes', '{"D":{"Success":true,"Result\\u0073":[1],"Results":[]}}'],
    ['something behind it', '{"D":{"Success":true,"Results":[]}} x'],
    ['a list that is not closed', '{"D":{"Success":true,"Results":[1'],
    ['a comma too many', '{"D":{"Success":true,"Results":[1,]}}'],
    ['no comma', '{"D":{"Success":true,"Results":[1 2]}}'],
    ['no envelope', '{"D":{"Success":"yes","Results":[]}}'],
    ['nothing', ''],
    ['a byte order mark', '\ufeff{"D":{"Success":true,"Results":[]}}'],
  ])('is not taken: %s', (_what, text) => {
    expect(scanned(Buffer.from(text))).toBeUndefined()
  })

  test('is not taken where text around the rows is no UTF-8', () => {
    const text = '{"D":{"Success":true,"Message":"Z\u00fcrich","Results":[]}}'
    expect(scanned(Buffer.from(text, 'latin1'))).toBeUndefined()
  })
})
