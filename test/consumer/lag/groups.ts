/** Groups of readers that are not ours, and what stock tools make of them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'

import kafkajs from 'kafkajs'
import { vi } from 'vitest'

import type { KafkaCluster } from '../../../src/kafka/cluster.ts'
import { runCommand } from '../../../src/stack/run-command.ts'
import { testStack } from '../../fixtures/test-stack.ts'

/** What a client without members commits by. */
interface OffsetCommitter {
  connect(): Promise<void>
  findGroupCoordinator(group: { groupId: string }): Promise<{
    offsetCommit(request: object): Promise<unknown>
  }>
}

/** Commits these offsets as a client does that assigns itself its partitions: the group has no members. */
export async function commitOffsets(
  cluster: KafkaCluster,
  groupId: string,
  topic: string,
  offsets: readonly (number | null)[],
): Promise<void> {
  await using client = cluster.newClient({ requestTimeoutMs: 10_000, retry: { initialMs: 50, retries: 8 } })
  const inner = client.fetchCluster() as unknown as OffsetCommitter
  await inner.connect()
  const coordinator = await inner.findGroupCoordinator({ groupId })
  const partitions = offsets.flatMap((offset, partition) =>
    offset === null ? [] : [{ partition, offset: String(offset) }],
  )
  const request = { groupId, groupGenerationId: -1, memberId: '', topics: [{ topic, partitions }] }
  // The first group of a broker waits for the topic of the groups.
  await vi.waitFor(() => coordinator.offsetCommit(request), { timeout: 20_000 })
}

/** A member of a group by kafkajs's own consumer, which reads committed records and commits after each. */
export class StockConsumer implements AsyncDisposable {
  readonly #consumer: kafkajs.Consumer
  #seen = 0
  #wake = Promise.withResolvers<void>()

  private constructor(consumer: kafkajs.Consumer) {
    this.#consumer = consumer
  }

  static async start(groupId: string, topic: string, brokers = testStack().brokers): Promise<StockConsumer> {
    const kafka = new kafkajs.Kafka({
      brokers: [...brokers],
      clientId: groupId,
      logLevel: kafkajs.logLevel.NOTHING,
    })
    const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 50, allowAutoTopicCreation: false })
    const started = new StockConsumer(consumer)
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({ autoCommitThreshold: 1, eachMessage: () => started.#take() })
    return started
  }

  async #take(): Promise<void> {
    this.#seen += 1
    this.#wake.resolve()
    this.#wake = Promise.withResolvers()
  }

  async seen(count: number): Promise<void> {
    while (this.#seen < count) await this.#wake.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#consumer.disconnect()
  }
}

/**
 * Kafka's console consumer as a member of a group, until it is disposed of.
 *
 * @param properties such as `group.protocol=consumer`
 */
export class ConsoleConsumer implements AsyncDisposable {
  readonly #child: ReturnType<typeof spawn>
  #lines = 0
  #wake = Promise.withResolvers<void>()

  constructor(groupId: string, topic: string, properties: readonly string[] = []) {
    const { command, bootstrap } = testStack().consoleConsumer
    const [file, ...before] = command
    const all = ['isolation.level=read_committed', 'auto.commit.interval.ms=200', ...properties]
    this.#child = spawn(
      file,
      [
        ...before,
        '--from-beginning',
        '--bootstrap-server',
        bootstrap,
        '--topic',
        topic,
        '--group',
        groupId,
        ...all.flatMap((property) => ['--consumer-property', property]),
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    )
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#lines += text.split('\n').length - 1
      this.#wake.resolve()
      this.#wake = Promise.withResolvers()
    })
  }

  /** Resolves when it has shown so many records. */
  async seen(count: number): Promise<void> {
    while (this.#lines < count) await this.#wake.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return
    this.#child.kill('SIGTERM')
    await once(this.#child, 'close')
  }
}

/** The column LAG of Kafka's own `kafka-consumer-groups --describe`, summed over the partitions. */
export async function stockLag(groupId: string, topic: string, signal: AbortSignal): Promise<number> {
  const { command, bootstrap } = testStack().consoleConsumer
  const [file, ...before] = command
  const main = before.map((word) =>
    word
      .replace('tools.consumer.ConsoleConsumer', 'tools.consumer.group.ConsumerGroupCommand')
      .replace('console-consumer.sh', 'consumer-groups.sh'),
  )
  const args = [...main, '--bootstrap-server', bootstrap, '--describe', '--group', groupId]
  const { stdout } = await runCommand(file, args, { timeoutMs: 60_000 }, signal)
  const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/))
  const column = rows.find((row) => row.includes('LAG'))?.indexOf('LAG') ?? -1
  return rows.filter((row) => row[1] === topic).reduce((sum, row) => sum + Number(row[column]), 0)
}
