/** `lag`: how far the groups that read the feed have come. */
import { loadSettings, type FeedChoice } from '../../config/load-settings.ts'
import { WINDOW } from '../../consumer/lag/lag-history.ts'
import { LagWatch, type LagReport } from '../../consumer/lag/lag-watch.ts'
import { formatInstant, type Millis } from '../../domain/instant.ts'
import { describeDataTopics } from '../../feed/topics.ts'
import { sleep } from '../../support/abort.ts'
import { printJson, printLine, printLines } from '../../support/print.ts'
import { possibleDataTopics } from '../compose/data-topics.ts'
import { openFeedReader, type FeedReader } from '../compose/feed-reader.ts'
import { READER_GROUPS } from '../compose/settings-groups.ts'
import { describeLag } from '../reports/describe-lag.ts'
import { lagJson } from '../reports/lag-json.ts'

const LOOKS = 6
const WATCH_INTERVAL_MS = 5_000

export interface LagOptions extends FeedChoice {
  /** @default all */
  readonly group?: readonly string[]
  readonly for: Millis
  readonly watch?: true
  readonly json?: true
}

/**
 * @returns 1 if a named group was not there, which may be a slip of the pen
 * @throws {TopicError} `TOPIC_MISSING` if there is no feed of this prefix
 */
export async function showLag(options: LagOptions, signal: AbortSignal): Promise<number> {
  const settings = loadSettings(READER_GROUPS, { feed: options.feed })
  await using reader = await openFeedReader(settings, signal)
  const topics = await dataTopics(reader, signal)
  const { group: groups } = options
  const watch = new LagWatch({ cluster: reader.cluster, topics, ...(groups === undefined ? {} : { groups }) })
  const began = performance.now()
  const show = (report: LagReport): void => {
    if (options.json === true) printJson(lagJson(report))
    else tell(report, reader.names.prefix, performance.now() - began, options.watch === true)
  }
  if (options.watch === true) {
    await goOn(watch, show, signal)
    return 0
  }
  const report = await observe(watch, options.for, signal)
  show(report)
  return report.absent.length === 0 ? 0 : 1
}

/** Those that the feed has. */
async function dataTopics(
  { cluster, names, resources }: FeedReader,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const known = possibleDataTopics(names)
  const found = await cluster.describeTopics(known, signal)
  if (found.size === 0) await describeDataTopics(cluster, names, resources, signal)
  return known.filter((name) => found.has(name))
}

async function observe(watch: LagWatch, ms: Millis, signal: AbortSignal): Promise<LagReport> {
  let report = await watch.look(signal)
  const pauses = ms === 0 ? 0 : LOOKS - 1
  for (let pause = 0; pause < pauses; pause += 1) {
    await sleep(ms / pauses, signal)
    report = await watch.look(signal)
  }
  return report
}

/** Until it is stopped, which is no failure. */
async function goOn(watch: LagWatch, show: (report: LagReport) => void, signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      show(await watch.look(signal))
      await sleep(WATCH_INTERVAL_MS, signal)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

function tell({ at, groups, absent }: LagReport, prefix: string, watchedMs: Millis, repeated: boolean): void {
  if (repeated) printLine(formatInstant(at))
  const windowMs = repeated ? Math.min(watchedMs, (WINDOW - 1) * WATCH_INTERVAL_MS) : watchedMs
  printLines(describeLag({ prefix, groups, absent, watchedMs: windowMs }))
  if (repeated) printLine('')
}
