import { expect, test } from 'vitest'

import { LagTask } from '../../../src/app/daemon/lag-task.ts'
import { instant } from '../../../src/domain/instant.ts'
import { connectKafka } from '../../../src/kafka/cluster.ts'
import { TransactionalProducer } from '../../../src/kafka/transactional-producer.ts'
import { createLogger, type Logger } from '../../../src/ops/logger.ts'
import { freePort } from '../../../src/stack/ports.ts'
import { commitOffsets } from '../../consumer/lag/groups.ts'
import { ManualClock } from '../../fixtures/manual-clock.ts'
import { testStack, uniqueTopicPrefix } from '../../fixtures/test-stack.ts'

const never = new AbortController().signal
const DAY = 24 * 3_600_000

/** Messages of the lines. */
function keepingLogger(lines: string[]): Logger {
  const write = (line: string): void => {
    lines.push(String((JSON.parse(line) as { msg: unknown }).msg))
  }
  return createLogger({ level: 'info', destination: { write } })
}

test('a daemon shows the groups of its feed, and logs who loses deletes when that changes', async () => {
  const prefix = uniqueTopicPrefix()
  const topic = `${prefix}.listings`
  await using cluster = await connectKafka({ brokers: testStack().brokers, clientId: prefix }, never)
  const configs = { 'cleanup.policy': 'compact', 'delete.retention.ms': String(DAY) }
  await cluster.createTopics([{ name: topic, partitions: 1, configs }], never)
  await using producer = await TransactionalProducer.open(cluster, prefix, {}, never)
  const open = await producer.begin(never)
  await open.send(
    [{ topic, partition: 0, records: [{ key: 'k', value: Buffer.from('v'), headers: [] }] }],
    never,
  )
  await open.commit(never)
  await commitOffsets(cluster, `${prefix}.reader`, topic, [0])

  const clock = new ManualClock(instant(Date.now()))
  const lines: string[] = []
  const task = new LagTask({
    kafka: { brokers: testStack().brokers, clientId: prefix },
    prefix,
    intervalMs: 60_000,
    clock,
    logger: keepingLogger(lines),
  })
  expect(task.figures()).toEqual({ at: null, groups: [] })
  const stop = new AbortController()
  const running = task.run(stop.signal)
  await expect.poll(() => task.figures().at, { timeout: 30_000 }).not.toBeNull()
  const figures = { group: `${prefix}.reader`, topic: 'listings', members: 0, verdict: 'stopped', behind: 1 }
  expect(task.figures().groups).toMatchObject([{ ...figures, deletes: 'will_lose' }])
  expect(lines).toEqual([expect.stringContaining('will lose deletes')])

  await commitOffsets(cluster, `${prefix}.reader`, topic, [2])
  await clock.pass(60_000)
  await expect
    .poll(() => task.figures().groups, { timeout: 30_000 })
    .toMatchObject([{ behind: 0, verdict: 'ok', deletes: 'safe' }])
  expect(lines).toHaveLength(2)
  stop.abort(new Error('stopped by the test'))
  await expect(running).rejects.toThrow('stopped by the test')
})

test('a cluster that does not answer is asked again, told once, and fails nobody', async () => {
  const clock = new ManualClock(instant(Date.now()))
  const lines: string[] = []
  const task = new LagTask({
    kafka: { brokers: [`127.0.0.1:${await freePort()}`], clientId: 'nobody' },
    prefix: 'spark',
    intervalMs: 60_000,
    clock,
    logger: keepingLogger(lines),
  })
  const stop = new AbortController()
  const running = task.run(stop.signal)
  await clock.pass(60_000)
  await clock.pass(60_000)
  await clock.sleeperOf(60_000)
  expect(lines).toEqual([expect.stringContaining('cannot be looked at')])
  expect(task.figures()).toEqual({ at: null, groups: [] })
  stop.abort(new Error('stopped by the test'))
  await expect(running).rejects.toThrow('stopped by the test')
})
