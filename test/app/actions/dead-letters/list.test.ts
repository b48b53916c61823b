import { expect, test } from 'vitest'

import { tableOf, withRecord } from '../../../../src/app/actions/dead-letters/list.ts'
import { instant } from '../../../../src/domain/instant.ts'
import { recordKey } from '../../../../src/domain/record-key.ts'
import type { DeadLetterSummary } from '../../../../src/feed/dead-letter-log.ts'

const letter: DeadLetterSummary = {
  topic: 'spark.listings',
  name: '20240117093015123456000000',
  key: recordKey('20240117093015123456000000'),
  reason: 'it is too large',
  passId: 'pass-1',
  at: instant(Date.UTC(2026, 4, 2, 14, 0, 5)),
  bytes: 1_200_345,
  offset: 0,
  settledAt: null,
}

test('letters are told as a table, one line each, in columns', () => {
  const settled = { ...letter, name: 'short', bytes: 7, settledAt: letter.at }
  expect(tableOf([letter, settled])).toEqual([
    'TOPIC           KEY                           BYTES  WHEN                      PASS    STATE    REASON',
    'spark.listings  20240117093015123456000000  1200345  2026-05-02T14:00:05.000Z  pass-1  waits    it is too large',
    'spark.listings  short                             7  2026-05-02T14:00:05.000Z  pass-1  settled  it is too large',
  ])
})

test('that there are none is said', () => {
  expect(tableOf([])).toEqual(['no dead letters'])
})

test('a record that is no JSON stands in a line of JSON as text, all others as they came', () => {
  expect(withRecord(letter, '{"n":90071992547409931234}')).toContain(',"record":{"n":90071992547409931234}}')
  expect(JSON.parse(withRecord(letter, '{"n":NaN}'))).toMatchObject({ recordText: '{"n":NaN}' })
  expect(JSON.parse(withRecord(letter, 'Z\udcfc'))).toMatchObject({ recordText: 'Z\udcfc' })
})
