import { describe, expect, test } from 'vitest'

import { NO_REREAD, type RereadCounts } from '../../../src/domain/pass.ts'
import { judgeReread, type RereadLimits } from '../../../src/replication/reread/judge-reread.ts'
import { withholdingOf } from '../../../src/replication/reread/withholding.ts'

const LIMITS: RereadLimits = { maskMaxRatio: 0.1, changeMaxRatio: null }

function judge(counts: Partial<RereadCounts>, limits: Partial<RereadLimits> = {}) {
  return judgeReread({ ...LIMITS, ...limits }, { ...NO_REREAD, ...counts })
}

describe('mass masking (R10)', () => {
  test('is held above the share, and not at it', () => {
    expect(judge({ known: 1_000, masked: 100 })).toEqual({ kind: 'clear' })
    expect(judge({ known: 1_000, masked: 101 })).toEqual({
      kind: 'held',
      hold: 'masking',
      why: '101 of 1000 records that were read again gained masked fields, above MASK_MAX_RATIO (0.1)',
    })
  })

  test('is none in fewer than a thousand records that were read again', () => {
    expect(judge({ known: 999, masked: 999 })).toEqual({ kind: 'clear' })
  })

  test('is let through by a share of 1, and not at all by one of 0', () => {
    expect(judge({ known: 2_000, masked: 2_000 }, { maskMaxRatio: 1 })).toEqual({ kind: 'clear' })
    expect(judge({ known: 2_000, masked: 1 }, { maskMaxRatio: 0 })).toMatchObject({ hold: 'masking' })
  })
})

describe('mass change (R10)', () => {
  test('is held only where a share is set', () => {
    expect(judge({ known: 1_000, changed: 1_000 })).toEqual({ kind: 'clear' })
    expect(judge({ known: 1_000, changed: 501 }, { changeMaxRatio: 0.5 })).toEqual({
      kind: 'held',
      hold: 'changes',
      why: '501 of 1000 records that were read again changed, above CHANGE_MAX_RATIO (0.5)',
    })
  })

  test('counts what gained masked fields, and holds it with the rest', () => {
    expect(judge({ known: 1_000, masked: 50, changed: 451 }, { changeMaxRatio: 0.5 })).toMatchObject({
      hold: 'changes',
    })
    expect(judge({ known: 1_000, masked: 400, changed: 101 }, { changeMaxRatio: 0.5 })).toMatchObject({
      hold: 'changes',
      why: expect.stringContaining('400 of 1000 records that were read again gained masked fields'),
    })
    expect(judge({ known: 1_000, masked: 200, changed: 100 }, { changeMaxRatio: 0.5 })).toMatchObject({
      hold: 'masking',
    })
  })
})

describe('what waits for the verdict', () => {
  const pass = { initial: false, decidesOn: null }

  test('is what gains masked fields, or all that changes where a share of that is set', () => {
    expect(withholdingOf(LIMITS, pass)).toBe('masking')
    expect(withholdingOf({ ...LIMITS, changeMaxRatio: 0.5 }, pass)).toBe('changes')
  })

  test('is nothing where the shares hold nothing, and in a first snapshot', () => {
    expect(withholdingOf({ maskMaxRatio: 1, changeMaxRatio: 1 }, pass)).toBe('nothing')
    expect(withholdingOf({ ...LIMITS, changeMaxRatio: 0.5 }, { ...pass, initial: true })).toBe('nothing')
  })
})
