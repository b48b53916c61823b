/** `why`: all that the feed knows of one key. */
import { loadSettings, type FeedChoice } from '../../config/load-settings.ts'
import { ADMIN_TOKEN_UNSET } from '../../domain/error-codes.ts'
import type { RecordKey } from '../../domain/record-key.ts'
import type { Replicated } from '../../domain/resource.ts'
import { describeDataTopics } from '../../feed/topics.ts'
import { KeyIndexError } from '../../key-index/errors.ts'
import { openKeyIndex } from '../../key-index/open-key-index.ts'
import { askDaemon } from '../../ops/daemon-client.ts'
import type { DaemonInfo } from '../../ops/daemon-file.ts'
import { hasCode, ListingstreamError } from '../../support/errors.ts'
import { printJson, printLines } from '../../support/print.ts'
import { requireChosen } from '../compose/chosen-resources.ts'
import { openFeedReader, type FeedReader } from '../compose/feed-reader.ts'
import { lookingSource } from '../compose/looking-source.ts'
import { READER_GROUPS, type ReaderSettings } from '../compose/settings-groups.ts'
import { findDaemon, statedSettings } from '../daemon/handover.ts'
import { DAEMON_KEY, type DaemonKey } from '../explain/daemon-key.ts'
import { describeKey } from '../explain/describe-key.ts'
import { explainKey, type IndexFindings } from '../explain/explain-key.ts'
import { indexedKey } from '../explain/indexed-key.ts'
import { askSource, type SourceAnswer } from '../explain/source-answer.ts'
import { whyMisfit } from '../reports/live-records.ts'

export interface WhyOptions extends FeedChoice {
  readonly resource: Replicated
  /** Of its last events. */
  readonly events: number
  /** The source, whether it has it now. */
  readonly ask?: true
  readonly json?: true
}

/** Exit code 1 if nobody knows the key. */
export async function explainWhy(key: RecordKey, options: WhyOptions, signal: AbortSignal): Promise<number> {
  const { events, json } = options
  const ask = options.ask === true
  const settings = loadSettings([...READER_GROUPS, 'http'], { feed: options.feed })
  const resource = requireChosen(settings.feed, options.resource)
  await using reader = await openFeedReader(settings, signal)
  await describeDataTopics(reader.cluster, reader.names, [resource], signal)
  const daemon = await findDaemon(settings.feed.dataDir, statedSettings(settings), signal)
  const there =
    daemon === undefined ? undefined : await askThere(daemon, settings.http, { resource, key, ask }, signal)
  const index: IndexFindings =
    there === undefined
      ? await lookHere(settings, reader, resource, key, signal)
      : { from: 'daemon', why: null, known: there.index }
  const source =
    there === undefined && ask ? await askHere(reader, resource, key, signal) : (there?.source ?? null)
  const report = await explainKey(reader, resource, key, { most: events, index, source }, signal)
  if (json === true) printJson(report)
  else printLines(describeKey(report))
  return report.isKnown ? 0 : 1
}

interface Question {
  readonly resource: Replicated
  readonly key: RecordKey
  readonly ask: boolean
}

/** It has no token to know its operator by, has not opened its feed, or has gone: the topics tell all the same. */
const TELLS_NOTHING = [ADMIN_TOKEN_UNSET, 'NOT_READY', 'DAEMON_UNREACHABLE']

/** Undefined if it tells nothing. */
async function askThere(
  daemon: DaemonInfo,
  { adminToken }: { readonly adminToken: { reveal(): string } | null },
  { resource, key, ask }: Question,
  signal: AbortSignal,
): Promise<DaemonKey | undefined> {
  const path = `/resources/${resource.name}/keys/${key}?ask=${ask}`
  let answer: unknown
  try {
    answer = await askDaemon(daemon, { method: 'GET', path, adminToken }, signal)
  } catch (error) {
    if (TELLS_NOTHING.some((code) => hasCode(error, code))) return undefined
    throw error
  }
  const parsed = DAEMON_KEY.safeParse(answer)
  if (parsed.success) return parsed.data
  throw new ListingstreamError(
    'What the daemon answers of a key is nothing that this version knows: it is of another version. Ask with that one.',
    { code: 'DAEMON_BAD_ANSWER', retryable: false, disposition: 'stop' },
  )
}

/** The index in DATA_DIR, if it says what the topics say. */
async function lookHere(
  { feed }: Pick<ReaderSettings, 'feed'>,
  { cluster, names, listed, resources, log }: FeedReader,
  resource: Replicated,
  key: RecordKey,
  signal: AbortSignal,
): Promise<IndexFindings> {
  await log.refresh(signal)
  const { generation, nextOffsets } = log
  const position = { prefix: names.prefix, generation, clusterId: cluster.clusterId, listed, nextOffsets }
  try {
    await using index = await openKeyIndex(feed.dataDir, { resources, mustExist: true }, signal)
    const why = whyMisfit(index.state(), position)
    if (why !== undefined) return { from: null, why, known: null }
    return { from: 'index', why: null, known: await indexedKey(index, listed, resource, key) }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof KeyIndexError) return { from: null, why: error.inShort, known: null }
    throw error
  }
}

async function askHere(
  { listed, names }: FeedReader,
  resource: Replicated,
  key: RecordKey,
  signal: AbortSignal,
): Promise<SourceAnswer> {
  await using looking = lookingSource(loadSettings(['spark', 'log'], { feed: names.prefix }))
  return await askSource(looking.source, listed, resource, key, signal)
}
