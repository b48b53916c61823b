import { expect, test } from 'vitest'

import { instant } from '../../src/domain/instant.ts'
import { watchedPublisher } from '../../src/publisher/watched-publisher.ts'
import type { ChangePublisher, TransactionRequest } from '../../src/replication/ports.ts'
import { ListingstreamError } from '../../src/support/errors.ts'
import { MemoryPublisher } from '../fixtures/memory-publisher.ts'
import { progressOf } from '../fixtures/pass-progress.ts'

const never = new AbortController().signal
const ALTERED = new ListingstreamError('it was altered', {
  code: 'TOPIC_MISCONFIGURED',
  retryable: false,
  disposition: 'retry',
})

const REQUEST: TransactionRequest = {
  parts: [],
  progress: progressOf({ startedAt: instant(0), token: null, page: 1 }),
  watermark: null,
  markers: [],
}

/** A clock that stands, a finding that can be set, and what was done. */
class Watched {
  readonly inner = new MemoryPublisher()
  readonly blind: unknown[] = []
  looks = 0
  clock = 0
  finding: Error | undefined
  readonly publisher: ChangePublisher = watchedPublisher(this.inner, {
    look: () => {
      this.looks += 1
      return this.finding === undefined ? Promise.resolve() : Promise.reject(this.finding)
    },
    isFinding: (error) => error instanceof ListingstreamError,
    onBlind: (error) => void this.blind.push(error),
    intervalMs: 1_000,
    monotonic: () => this.clock,
  })

  commit(): Promise<unknown> {
    return this.publisher.commit(REQUEST, never)
  }
}

test('one look in an interval, however many pages are committed', async () => {
  const watched = new Watched()
  for (watched.clock = 0; watched.clock < 5_000; watched.clock += 100) await watched.commit()
  expect(watched.looks).toBe(4)
  expect(watched.inner.transactions).toHaveLength(50)
})

test('nothing is published into what was altered, until it is mended', async () => {
  const watched = new Watched()
  watched.finding = ALTERED
  await watched.commit()
  watched.clock = 1_000
  for (let attempt = 0; attempt < 3; attempt += 1) await expect(watched.commit()).rejects.toBe(ALTERED)
  expect(watched.inner.transactions).toHaveLength(1)
  watched.finding = undefined
  await watched.commit()
  expect(watched.inner.transactions).toHaveLength(2)
})

test('an outage of what is looked at stops nothing, and is told', async () => {
  const watched = new Watched()
  watched.finding = new Error('no answer')
  watched.clock = 1_000
  await watched.commit()
  expect(watched.inner.transactions).toHaveLength(1)
  expect(watched.blind).toEqual([watched.finding])
})
