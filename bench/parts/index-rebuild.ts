/** 4: the key index anew from the topics, beside merely fetching the same topic. */
import { join } from 'node:path'

import { z } from 'zod'

import type { Bench } from '../tools/bench.ts'
import { figure } from '../tools/figure.ts'
import { largeFeed } from '../tools/large-feed.ts'
import { measureProcess, runMeasured, type Measured } from '../tools/measured-program.ts'
import type { Part } from '../tools/part.ts'
import { profiled } from '../tools/profiles.ts'
import { fetchTopic, unpackTopic, type Fetched } from '../tools/topic.ts'

const CONSUMER = join(import.meta.dirname, '../processes/consumer.ts')
const CONSUMED = z.object({ records: z.number(), seconds: z.number() })

interface Round {
  /** Off the wire, as it comes. */
  readonly fetched: Fetched
  /** The same, decompressed. */
  readonly unpacked: Fetched
  /** The whole command, from its start to its end. */
  readonly rebuild: Pick<Measured, 'wallSeconds' | 'cpuSeconds' | 'peakRssMb'>
}

export const INDEX: Part = {
  name: 'index',
  title: 'Index rebuild',
  estimate: ({ many, rounds }) => many / 40_000 + rounds * (many / 40_000 + 2),
  async run(bench, signal) {
    const { rendered, prefix, folder } = await largeFeed(bench, signal)
    const topic = `${prefix}.listings`
    const keys = rendered.source.keys.length
    const settings = { ...bench.settings, TOPIC_PREFIX: prefix }
    const rebuild = async (nodeFlags: readonly string[] = []): Promise<Measured> => {
      const run = await runMeasured({ args: ['index', 'rebuild'], settings, folder, nodeFlags }, signal)
      const read = /: ([\d,]+) records/.exec(run.stdout)?.[1]?.replaceAll(',', '')
      if (Number(read) < keys) throw new Error(`The index was rebuilt of ${read} records, not of ${keys}.`)
      return run
    }
    const rounds: Round[] = []
    for (let round = 1; round <= bench.sizes.rounds; round += 1) {
      const first = round % 2 === 0 ? await rebuild() : undefined
      const fetched = await fetchTopic(bench.broker, topic)
      const unpacked = await unpackTopic(bench.broker, topic)
      const { wallSeconds, cpuSeconds, peakRssMb } = first ?? (await rebuild())
      if (fetched.records !== keys)
        throw new Error(`${topic} holds ${fetched.records} records of ${keys} keys.`)
      rounds.push({ fetched, unpacked, rebuild: { wallSeconds, cpuSeconds, peakRssMb } })
      bench.say(
        `Round ${round}: ${Math.round(keys / wallSeconds)} keys/s, fetched ${rateOf(fetched)}, decompressed ${rateOf(unpacked)}`,
      )
    }
    const consumed = await consume(bench, topic, keys, signal)
    if (bench.profile) await profiled('index', keys, (flags) => rebuild(flags).then(() => undefined))
    return { figures: figures(keys, rounds, consumed), details: { keys, rounds, consumed } }
  },
}

async function consume(
  bench: Bench,
  topic: string,
  records: number,
  signal: AbortSignal,
): Promise<z.output<typeof CONSUMED>> {
  const cwd = await bench.newFolder('consumer')
  const args = [bench.broker, topic, String(records)]
  const run = await measureProcess({ file: CONSUMER, args, cwd, env: { NODE_NO_WARNINGS: '1' } }, signal)
  return CONSUMED.parse(JSON.parse(run.stdout))
}

function rateOf({ records, seconds }: Fetched): number {
  return Math.round(records / seconds)
}

function figures(
  keys: number,
  rounds: readonly Round[],
  consumed: z.output<typeof CONSUMED>,
): ReturnType<typeof figure>[] {
  const values = rounds.map(({ rebuild }) => keys / rebuild.wallSeconds)
  const rates = (pick: (round: Round) => Fetched): readonly number[] =>
    rounds.map((round) => rateOf(pick(round)))
  return [
    figure({
      what: `index rebuild of ${keys.toLocaleString('en')} keys, whole command`,
      unit: 'keys/s',
      values,
      against: { what: 'fetching and decompressing', values: rates(({ unpacked }) => unpacked) },
      aim: { of: 'ratio', atLeast: 0.7 },
    }),
    figure({
      what: 'the same',
      unit: 'keys/s',
      values,
      against: { what: 'fetching, compressed as it is', values: rates(({ fetched }) => fetched) },
    }),
    figure({
      what: 'the same',
      unit: 'keys/s',
      values,
      against: { what: "kafkajs's consumer", values: [consumed.records / consumed.seconds] },
    }),
    figure({
      what: 'its peak memory',
      unit: 'MB',
      values: rounds.map(({ rebuild }) => rebuild.peakRssMb),
      aim: { of: 'value', atMost: 350 },
    }),
  ]
}
