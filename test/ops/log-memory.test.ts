import { queryObjects } from 'node:v8'
import { expect, test } from 'vitest'

import { passId } from '../../src/domain/pass.ts'
import { LogObserver } from '../../src/ops/log-observer.ts'
import { createLogger } from '../../src/ops/logger.ts'
import { upsertOf } from '../fixtures/change.ts'
import { progressOf } from '../fixtures/pass-progress.ts'
import { pageOf } from './progress.ts'

const PASSES = 500

test('passes that end without a word leave nothing behind but the last of their kind (R14)', () => {
  const logger = createLogger({ level: 'error', destination: { write: () => true } })
  const observer = new LogObserver(logger)
  const upsert = upsertOf('1')
  const change = { ...upsert, content: { ...upsert.content, unmapped: ['New'] } }
  const sets = (): number => queryObjects(Set, { format: 'count' })
  const before = sets()
  for (let n = 0; n < PASSES; n += 1) {
    const progress = progressOf({ passId: passId(`pass-${n}`) })
    observer.passStarted(progress, false)
    observer.pageCommitted(progress, pageOf([change]))
  }
  expect(sets() - before).toBeLessThan(PASSES / 10)
  observer.passEnded(progressOf(), null)
})
