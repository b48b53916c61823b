import { relative } from 'node:path'

import type { Replicated } from '../domain/resource.ts'
import type { DecodedValue } from '../events/decode-value.ts'
import { followTopics } from '../kafka/read-topic.ts'
import { readDaemonFile, type DaemonInfo } from '../ops/daemon-file.ts'
import { sleep } from '../support/abort.ts'
import { ListingstreamError } from '../support/errors.ts'
import { parseUpserted } from './decoded-events.ts'
import { PROGRAM_FILE, ProgramProcess } from './program-process.ts'
import type { Stage } from './stage.ts'
import { openSubscriber, topicOf } from './subscriber.ts'

const CHANGES_PER_MINUTE = 60
const REPORT_MS = 15_000
const POLL_MS = 100

/**
 * Runs the daemon on a market that changes by itself, and says now and then what came of it. Resolves when the signal
 * aborts, with the daemon stopped.
 *
 * @param topics of the feed
 */
export async function keepRunning(
  stage: Stage,
  topics: readonly string[],
  write: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { settings, folder, simulator } = stage
  await using daemon = await ProgramProcess.start({
    args: ['run'],
    settings: { ...settings, UPDATE_INTERVAL: '5s', UPDATE_OVERLAP: '20m', PURGE_INTERVAL: '2m' },
    folder,
  })
  const stop = new AbortController()
  const either = AbortSignal.any([signal, stop.signal])
  const counts: EventCounts = new Map(stage.replicated.map((one) => [one, new Map<string, number>()]))
  const show = async (): Promise<never> => {
    const info = await daemonInfo(stage.dataDir, either)
    for (const line of describe(stage, topics, info, daemon.logFile)) write(line)
    simulator.start(CHANGES_PER_MINUTE)
    return await report(stage, counts, write, either)
  }
  const tasks = [requireRunning(daemon, either), countEvents(stage, counts, either), show()]
  try {
    await Promise.race(tasks)
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    stop.abort()
    await Promise.allSettled(tasks)
    await simulator.stop()
  }
}

async function requireRunning(daemon: ProgramProcess, signal: AbortSignal): Promise<never> {
  await daemon.requireSuccess(signal)
  throw new ListingstreamError('The daemon was stopped from outside.', {
    code: 'DEMO_COMMAND_FAILED',
    retryable: false,
    disposition: 'stop',
  })
}

async function daemonInfo(dataDir: string, signal: AbortSignal): Promise<DaemonInfo> {
  for (;;) {
    const info = await readDaemonFile(dataDir)
    if (info !== undefined) return info
    await sleep(POLL_MS, signal)
  }
}

/** By change reason, `deleted`, `tombstone`. */
type EventCounts = ReadonlyMap<Replicated, Map<string, number>>

/** Counts what comes from now on. */
async function countEvents(
  { feed, replicated }: Stage,
  counts: EventCounts,
  signal: AbortSignal,
): Promise<never> {
  const byTopic = new Map(replicated.map((one) => [topicOf(feed, one), one]))
  await using subscriber = await openSubscriber(feed, signal)
  const options = { topics: [...byTopic.keys()], from: 'latest' } as const
  for await (const { topic, records } of followTopics(subscriber.cluster, options, signal)) {
    const resource = byTopic.get(topic)
    const ofTopic = resource === undefined ? undefined : counts.get(resource)
    if (resource === undefined || ofTopic === undefined) continue
    for (const { value } of records) {
      const kind = kindOf(resource, await subscriber.decode(value, signal))
      ofTopic.set(kind, (ofTopic.get(kind) ?? 0) + 1)
    }
  }
  throw signal.reason
}

function kindOf(resource: Replicated, decoded: DecodedValue | null): string {
  if (decoded === null) return 'tombstone'
  return decoded.name === resource.events.deleted ? 'deleted' : parseUpserted(resource, decoded.value).change
}

async function report(
  { simulator }: Stage,
  counts: EventCounts,
  write: (line: string) => void,
  signal: AbortSignal,
): Promise<never> {
  for (;;) {
    await sleep(REPORT_MS, signal)
    const came = [...counts]
      .filter(([, ofTopic]) => ofTopic.size > 0)
      .map(([{ name }, ofTopic]) => `${name} ${[...ofTopic].map(([kind, n]) => `${n} ${kind}`).join(', ')}`)
    const { requests } = simulator.requests.summary
    const time = new Date().toTimeString().slice(0, 8)
    write(`${time}  ${came.length === 0 ? 'no events yet' : came.join('; ')}; ${requests} requests`)
  }
}

function describe(
  { feed, apiUrl, settings }: Stage,
  topics: readonly string[],
  { url }: DaemonInfo,
  logFile: string,
): readonly string[] {
  const { brokers, registryUrl } = feed
  const reading = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'TOPIC_PREFIX', 'RESOURCES', 'SUBRESOURCES']
  const address = reading.map((name) => `${name}=${settings[name] ?? ''}`).join(' ')
  return [
    `Running until Ctrl-C; ${CHANGES_PER_MINUTE} changes a minute, an update every 5 s, a purge every 2 min.`,
    `  Kafka            ${brokers.join(',')}`,
    `  schema registry  ${registryUrl}`,
    `  topics           ${topics.join(', ')}`,
    `  daemon           ${url}/status, ${url}/metrics`,
    `  daemon's log     ${logFile}`,
    `  simulated API    ${apiUrl}/v1`,
    `  follow along     ${address} ${fromHere(process.execPath)} ${fromHere(PROGRAM_FILE)} tail`,
    '',
  ]
}

/** Shorter where it lies below the working directory. */
function fromHere(path: string): string {
  const short = relative('', path)
  return short.startsWith('..') ? path : short
}
