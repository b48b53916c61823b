/**
 * 5: from visible at the API to read by a `read_committed` consumer, without the interval: an update is asked for in the moment
 * of the change. Beside it, in turns, the least that any way through Kafka takes: one request for the changed listing, one
 * record sent by kafkajs and read by the same kind of consumer.
 */
import { rm } from 'node:fs/promises'

import { Kafka, logLevel, type Producer } from 'kafkajs'
import { z } from 'zod'

import { startDaemon } from '../tools/daemon.ts'
import { figure } from '../tools/figure.ts'
import { useZstd } from '../tools/kafkajs-zstd.ts'
import { quantile } from '../tools/numbers.ts'
import type { Part } from '../tools/part.ts'
import { Source } from '../tools/source.ts'
import { withToken, walkOf } from '../tools/walks.ts'

const LISTINGS = 10_000
const SAMPLES = 100
const WARM_SAMPLES = 20
const PATIENCE_MS = 30_000
const CHANGED = z.object({ keys: z.tuple([z.string()]) })

interface Round {
  /** Milliseconds, sorted. */
  readonly program: readonly number[]
  readonly least: readonly number[]
}

export const FRESHNESS: Part = {
  name: 'freshness',
  title: 'Freshness',
  estimate: ({ rounds }) => 25 + rounds * 20,
  async run(bench, signal) {
    const listings = Math.min(LISTINGS, bench.sizes.listings)
    const walk = await walkOf(bench, 'standard', signal)
    await using source = await Source.start({ listings, fields: 'standard', folder: bench.folder }, signal)
    const folder = await bench.newFolder('freshness')
    const prefix = bench.prefix('freshness')
    const settings = { ...bench.settings, ...source.settings, TOPIC_PREFIX: prefix }
    await using daemon = await startDaemon(settings, folder, signal)
    const plainTopic = `${bench.prefix('plain')}.listings`
    await using kafka = await openKafka(bench.broker, plainTopic)
    await using published = await kafka.watch(`${prefix}.listings`, listings)
    await using plain = await kafka.watch(plainTopic, 0)

    const throughProgram = async (): Promise<number> => {
      const begun = performance.now()
      const seen = published.next()
      await change(source)
      const [at] = await Promise.all([seen, daemon.update()])
      return at - begun
    }
    const least = async (): Promise<number> => {
      const begun = performance.now()
      const seen = plain.next()
      const key = await change(source)
      const page = withToken(`${walk.whole}&_filter=ListingKey Eq '${key}'`, '')
      await kafka.producer.send({
        topic: plainTopic,
        messages: [{ key, value: JSON.stringify(await source.json(page, signal)) }],
      })
      return (await seen) - begun
    }
    // The engines of all of them warm up.
    for (let i = 0; i < WARM_SAMPLES; i += 1) {
      await throughProgram()
      await least()
    }
    const rounds: Round[] = []
    for (let round = 1; round <= bench.sizes.rounds; round += 1) {
      const times = { program: [] as number[], least: [] as number[] }
      for (let sample = 0; sample < SAMPLES; sample += 1) {
        times.program.push(await throughProgram())
        times.least.push(await least())
      }
      rounds.push(times)
      bench.say(`Round ${round}: p50 ${p(times.program, 0.5)} ms, p99 ${p(times.program, 0.99)} ms`)
    }
    await rm(folder, { recursive: true, force: true })
    return { figures: figures(rounds), details: { listings, rounds } }
  },
}

/** One listing gets a new price, and is visible so when this resolves. Answers its key. */
async function change(source: Source): Promise<string> {
  const fields = { ListPrice: 100_000 + Math.floor(Math.random() * 900_000) }
  return CHANGED.parse(await source.post('market', { action: 'set', fields, count: 1 })).keys[0]
}

interface Watch extends AsyncDisposable {
  /** `performance.now()` when the next record is handed to the consumer. */
  next(): Promise<number>
}

interface BenchKafka extends AsyncDisposable {
  readonly producer: Producer
  /** @param records that are there already; resolves when they are read */
  watch(topic: string, records: number): Promise<Watch>
}

async function openKafka(broker: string, topicToMake: string): Promise<BenchKafka> {
  useZstd()
  const kafka = new Kafka({ brokers: [broker], clientId: 'bench', logLevel: logLevel.ERROR })
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic: topicToMake, numPartitions: 3 }] })
  await admin.disconnect()
  const producer = kafka.producer()
  await producer.connect()
  return {
    producer,
    watch: (topic, records) => watch(kafka, topic, records),
    [Symbol.asyncDispose]: () => producer.disconnect(),
  }
}

async function watch(kafka: Kafka, topic: string, records: number): Promise<Watch> {
  // kafkajs reads committed records alone unless it is told otherwise.
  const consumer = kafka.consumer({ groupId: `bench-${topic}`, readUncommitted: false })
  let before = records
  let waiting: ((at: number) => void) | undefined
  const ready = Promise.withResolvers<void>()
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  consumer.on(consumer.events.GROUP_JOIN, () => before === 0 && ready.resolve())
  await consumer.run({
    eachMessage: () => {
      const at = performance.now()
      if (before > 0) before -= 1
      else waiting?.(at)
      if (before === 0) ready.resolve()
      return Promise.resolve()
    },
  })
  await withPatience(ready.promise, `reading ${topic}`)
  return {
    next: () => withPatience(new Promise((resolve) => (waiting = resolve)), `the next record of ${topic}`),
    [Symbol.asyncDispose]: () => consumer.disconnect(),
  }
}

async function withPatience<T>(wanted: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited too long for ${what}.`)), PATIENCE_MS)
  })
  try {
    return await Promise.race([wanted, late])
  } finally {
    clearTimeout(timer)
  }
}

function p(times: readonly number[], share: number): number {
  return Math.round(quantile(times, share))
}

function figures(rounds: readonly Round[]): ReturnType<typeof figure>[] {
  return [0.5, 0.99].map((share) =>
    figure({
      what: `freshness without the interval, p${share * 100}`,
      unit: 'ms',
      values: rounds.map(({ program }) => quantile(program, share)),
      against: {
        what: 'one request, one record',
        values: rounds.map(({ least }) => quantile(least, share)),
      },
      ...(share === 0.99 && { aim: { of: 'value', atMost: 300 } }),
    }),
  )
}
