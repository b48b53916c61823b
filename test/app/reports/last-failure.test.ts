import { expect, test } from 'vitest'

import { lastFailure } from '../../../src/app/reports/read-status.ts'
import { instant } from '../../../src/domain/instant.ts'
import { passId, type PassProgress } from '../../../src/domain/pass.ts'
import type { MarkerRecord } from '../../../src/feed/state-records.ts'
import { progressOf } from '../../fixtures/pass-progress.ts'

type Told = Pick<MarkerRecord, 'event' | 'reason'> & Partial<PassProgress>

function markers(...told: readonly Told[]): readonly MarkerRecord[] {
  return told.map(({ event, reason, ...over }, i) => {
    const { counts, deletes, missed, resumed, ...progress } = progressOf(over)
    const at = instant(1_000 * (i + 1))
    const where = { generation: 1, instanceId: 'one', seq: i, at, endOffsets: [], source: null }
    const results = { counts, deletes, missed, resumed }
    return {
      ...progress,
      ...results,
      ...where,
      event,
      reason,
      detail: `marker ${i}`,
    } as unknown as MarkerRecord
  })
}

test('the last failure is the last pass that failed, not what an operator ended', () => {
  const doubted: Told = { event: 'failed', pass: 'purge', reason: 'short_count' }
  const givenUp: Told = { event: 'failed', pass: 'purge', reason: null }
  expect(lastFailure(markers(doubted))).toMatchObject({ code: 'PASS_INCOMPLETE', message: 'marker 0' })
  expect(lastFailure(markers(givenUp))).toBeNull()
  expect(lastFailure(markers(doubted, givenUp))).toMatchObject({ message: 'marker 0' })
})

test('an update that ended because its watermark was set back has not failed', () => {
  const ended: Told = { event: 'failed', reason: null, passId: passId('one') }
  const setBack: Told = { event: 'watermark_set', reason: null, passId: passId('one') }
  expect(lastFailure(markers(ended))).toMatchObject({ message: 'marker 0' })
  expect(lastFailure(markers(ended, setBack))).toBeNull()
})
