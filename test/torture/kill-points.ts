/**
 * Preloaded into the program (`node --import`): sends it a signal when it passes a named point for the nth time. It wraps
 * what the rooms export, so the program itself knows nothing of it.
 *
 * `TORTURE_POINT` is `<point>:<n>`, `TORTURE_SIGNAL` the signal (default SIGKILL).
 */
import { writeSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'

import { TransactionalProducer } from '../../src/kafka/transactional-producer.ts'
import type { Append, Appended, Transaction } from '../../src/kafka/transaction.ts'
import { LevelKeyIndex } from '../../src/key-index/level-key-index.ts'
import { LevelStore } from '../../src/key-index/level-store.ts'
import { KafkaPublisher } from '../../src/publisher/kafka-publisher.ts'
import type { KillPoint } from './kill-point.ts'
import { wrapMethod } from './wrap-method.ts'

const [wanted = '', count = '1'] = (process.env['TORTURE_POINT'] ?? '').split(':')
const signal = process.env['TORTURE_SIGNAL'] === 'SIGSTOP' ? 'SIGSTOP' : 'SIGKILL'
let left = Number(count)
let commits = 0

function pass(point: KillPoint): void {
  if (point !== wanted) return
  left -= 1
  if (left !== 0) return
  writeSync(1, `torture: ${signal} at ${point}\n`)
  process.kill(process.pid, signal)
}

/** The first transaction is the owner record's; the index is only recovered before the second. */
function recovering(): boolean {
  return commits <= 1
}

wrapMethod(TransactionalProducer.prototype, 'begin', async (begin) => {
  pass('before-begin')
  return tortured(await begin())
})

wrapMethod(KafkaPublisher.prototype, 'commitRows', async (commit) => {
  await commit()
  pass('after-fill')
})

wrapMethod(LevelStore.prototype, 'write', async (write) => {
  const writing = write()
  // LevelDB now writes on a thread of its own.
  pass(recovering() ? 'in-recovery-write' : 'in-index-write')
  await writing
})

wrapMethod(LevelKeyIndex.prototype, 'reset', async (reset) => {
  pass('before-reset')
  await reset()
  pass('after-reset')
})

wrapMethod(LevelKeyIndex.prototype, 'apply', async (apply, [{ parts }]) => {
  await apply()
  pass(recovering() ? 'after-recovery-apply' : 'after-index')
  const moved = parts.some(({ resource, puts }) => resource === 'listings' && puts.size > 0)
  if (moved && !recovering()) pass('after-listings')
})

function tortured(transaction: Transaction): Transaction {
  let events = 0
  return {
    async send(appends, ...rest) {
      for (const { topic, records } of appends) if (topic.endsWith('.listings')) events += records.length
      if (commits > 0) pass('before-send')
      const appended = await inParts(appends, (part) => transaction.send(part, ...rest))
      if (commits > 0) pass('between-sends')
      return appended
    },
    async commit(...args) {
      pass(commits > 0 ? 'between-send-and-commit' : 'before-owner-commit')
      const committing = transaction.commit(...args)
      if (wanted === 'during-commit' && commits > 0) {
        await setImmediate()
        pass('during-commit')
      }
      await committing
      commits += 1
      pass(commits > 1 ? 'between-commit-and-index' : 'after-owner-commit')
      if (events > 0) pass('between-events-and-index')
    },
    abort: (...args) => transaction.abort(...args),
  }
}

/** What the program sends at once is sent one after the other where it is to die between listings and their sets. */
async function inParts(
  appends: readonly Append[],
  send: (part: readonly Append[]) => Promise<readonly Appended[]>,
): Promise<readonly Appended[]> {
  const isOfSets = ({ topic }: Append): boolean => topic.includes('.listing-')
  if (wanted !== 'before-sets' || commits === 0 || !appends.some(isOfSets)) return send(appends)
  const appended = new Map<Append, Appended>()
  for (const part of [appends.filter((append) => !isOfSets(append)), appends.filter(isOfSets)]) {
    if (part.some(isOfSets)) pass('before-sets')
    const sent = part.length === 0 ? [] : await send(part)
    for (const [i, one] of sent.entries()) appended.set(part[i]!, one)
  }
  return appends.map((append) => appended.get(append)!)
}
