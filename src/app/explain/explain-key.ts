/** All that a feed knows of one key, from its index, its topics and, if it is asked, its source. */
import { formatInstant, type Instant } from '../../domain/instant.ts'
import { trackOf, type PassProgress } from '../../domain/pass.ts'
import type { RecordKey } from '../../domain/record-key.ts'
import { isSubresource, type Replicated, type ResourceDescription } from '../../domain/resource.ts'
import { changedValues, type ChangedValue } from '../../consumer/sdk/previous/changed-fields.ts'
import { lastMarkers } from '../../feed/control-log.ts'
import { readDeadLetters, type DeadLetterSummary } from '../../feed/dead-letter-log.ts'
import { lastRecordsOf, type HistoryWishes } from '../../feed/key-history.ts'
import type { MarkerRecord } from '../../feed/state-records.ts'
import type { FeedReader } from '../compose/feed-reader.ts'
import type { IndexedKey } from './indexed-key.ts'
import { readEvent, type KeyEvent, type ReadEvent } from './key-event.ts'
import type { SourceAnswer } from './source-answer.ts'

/** Where what is known of the index comes from; `known` null: from nowhere, and why. */
export interface IndexFindings {
  readonly from: 'daemon' | 'index' | null
  readonly why: string | null
  readonly known: IndexedKey | null
}

interface ExplainedHistory {
  readonly topic: string
  readonly partition: number
  /** Newest first. */
  readonly events: readonly KeyEvent[]
  /** First offset that was looked at. */
  readonly lookedFrom: number
  /** Not all of the partition was looked at. */
  readonly isCut: boolean
}

interface ExplainedPass {
  readonly resource: string
  readonly pass: string
  readonly passId: string
  /** What its markers say, oldest first; none where they are older than the topic keeps, or than were read. */
  readonly markers: readonly { readonly event: string; readonly at: string; readonly detail: string | null }[]
}

interface ExplainedLetter {
  readonly resource: string
  readonly reason: string
  readonly passId: string
  readonly at: string
  readonly bytes: number
  readonly settledAt: string | null
}

export interface KeyReport {
  readonly resource: string
  readonly key: string
  /** Whether anything of it is known to anybody who was asked. */
  readonly isKnown: boolean
  readonly index: IndexFindings
  readonly history: ExplainedHistory
  /** What differs between its last two upserts; null where there are not two. */
  readonly changed: {
    readonly from: KeyEvent
    readonly to: KeyEvent
    readonly fields: readonly ChangedValue[]
  } | null
  /** Sets of the record, or, of a set, the record: the last event of each. */
  readonly related: readonly { readonly resource: string; readonly last: KeyEvent | null }[]
  readonly deadLetters: readonly ExplainedLetter[]
  /** Those that wrote the events. */
  readonly writers: readonly ExplainedPass[]
  /** The resource's last one of each kind. */
  readonly passes: readonly {
    readonly pass: string
    readonly passId: string
    readonly state: string
    readonly startedAt: string
    readonly completedAt: string | null
  }[]
  readonly watermark: string | null
  /** Null: it was not asked. */
  readonly source: SourceAnswer | null
}

export interface ExplainOptions {
  /** Events of the key that are told. */
  readonly most: number
  readonly index: IndexFindings
  readonly source: SourceAnswer | null
}

export async function explainKey(
  reader: FeedReader,
  resource: Replicated,
  key: RecordKey,
  { most, index, source }: ExplainOptions,
  signal: AbortSignal,
): Promise<KeyReport> {
  const { log, cluster, names, writerSchemas: schemas, resources } = reader
  await log.refresh(signal)
  const { history, read } = await historyOf(reader, resource, key, { most }, signal)
  const related = relatedTo(reader, resource)
  const deadLetters = await lettersOf(reader, [resource, ...related], key, signal)
  const markers = await lastMarkers(cluster, names.control, { schemas, resources }, signal)
  const lasts = []
  for (const one of related) lasts.push(await lastOf(reader, one, key, index.known, signal))
  const state = log.state()
  const passes = [...state.passes.values()].filter((progress) => progress.resource === resource.name)
  const isShown = source?.kind === 'shown' || source?.kind === 'out_of_scope'
  const isIndexed = index.known !== null && index.known.entry !== null
  return {
    resource: resource.name,
    key,
    isKnown: isShown || isIndexed || history.events.length > 0 || deadLetters.length > 0,
    index,
    history,
    changed: changedBetween(read),
    related: lasts,
    deadLetters,
    writers: writersOf(history.events, markers),
    passes: passes.map((progress) => passOf(progress, log.completedAt.get(trackOf(progress)))),
    watermark: textOf(state.watermarks.get(resource.name)),
    source,
  }
}

/** Those that have their records under the same key. */
function relatedTo({ listed }: FeedReader, resource: Replicated): readonly Replicated[] {
  return isSubresource(resource)
    ? listed.filter(({ name }) => name === resource.parent)
    : resource.subresources
}

async function historyOf(
  { cluster, names, writerSchemas }: FeedReader,
  resource: ResourceDescription,
  key: RecordKey,
  wishes: HistoryWishes,
  signal: AbortSignal,
): Promise<{ readonly history: ExplainedHistory; readonly read: readonly ReadEvent[] }> {
  const topic = names.data(resource)
  const { partition, records, lookedFrom, isCut } = await lastRecordsOf(cluster, topic, key, wishes, signal)
  const read: ReadEvent[] = []
  for (const record of records) read.push(await readEvent(record, partition, writerSchemas, signal))
  return {
    history: { topic, partition, events: read.map(({ event }) => event), lookedFrom, isCut },
    read,
  }
}

/** The index, where it is there, knows where that lies, or that there is none. */
async function lastOf(
  reader: FeedReader,
  resource: Replicated,
  key: RecordKey,
  known: IndexedKey | null,
  signal: AbortSignal,
): Promise<KeyReport['related'][number]> {
  const { name } = resource
  const indexed = known?.related.find((one) => one.resource === name)
  if (indexed !== undefined && (indexed.entry?.offset ?? -1) < 0) return { resource: name, last: null }
  const before =
    indexed?.entry === undefined || indexed.entry === null ? {} : { before: indexed.entry.offset + 1 }
  const { history } = await historyOf(reader, resource, key, { most: 1, ...before }, signal)
  return { resource: name, last: history.events[0] ?? null }
}

function changedBetween(read: readonly ReadEvent[]): KeyReport['changed'] {
  const [to, from] = read.filter(({ event, value }) => value !== undefined && event.deletion === null)
  if (to === undefined || from === undefined) return null
  return { from: from.event, to: to.event, fields: changedValues(from.value, to.value) }
}

async function lettersOf(
  reader: FeedReader,
  resources: readonly ResourceDescription[],
  key: RecordKey,
  signal: AbortSignal,
): Promise<readonly ExplainedLetter[]> {
  const { cluster, names } = reader
  if (!(await cluster.describeTopics([names.deadLetters], signal)).has(names.deadLetters)) return []
  const letters = await readDeadLetters(reader, () => undefined, signal)
  return resources.flatMap((resource) =>
    letters
      .filter(({ topic, key: of }) => topic === names.data(resource) && of === key)
      .map((letter) => letterOf(resource, letter)),
  )
}

function letterOf(
  { name }: ResourceDescription,
  { reason, passId, at, bytes, settledAt }: DeadLetterSummary,
): ExplainedLetter {
  return { resource: name, reason, passId, at: formatInstant(at), bytes, settledAt: textOf(settledAt) }
}

function writersOf(events: readonly KeyEvent[], markers: readonly MarkerRecord[]): readonly ExplainedPass[] {
  const ids = new Set(events.flatMap(({ passId }) => passId ?? []))
  return [...ids].flatMap((passId) => {
    const own = markers.filter((marker) => marker.passId === passId)
    const [first] = own
    if (first === undefined) return []
    const told = own.map(({ event, at, detail }) => ({ event, at: formatInstant(at), detail }))
    return [{ resource: first.resource, pass: first.pass, passId, markers: told }]
  })
}

function passOf(
  { pass, passId, state, startedAt }: PassProgress,
  completedAt: Instant | undefined,
): KeyReport['passes'][number] {
  return { pass, passId, state, startedAt: formatInstant(startedAt), completedAt: textOf(completedAt) }
}

function textOf(at: Instant | null | undefined): string | null {
  return at === null || at === undefined ? null : formatInstant(at)
}
