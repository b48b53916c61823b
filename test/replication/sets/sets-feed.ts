import { instant, type Instant } from '../../../src/domain/instant.ts'
import type { PassKind, PassProgress } from '../../../src/domain/pass.ts'
import { recordKey, type RecordKey } from '../../../src/domain/record-key.ts'
import type { ListedResource, Subresource } from '../../../src/domain/resource.ts'
import type { SourceRecord } from '../../../src/domain/source-record.ts'
import { FeedRunner, PLAIN_PASS, type PassResult } from '../../../src/replication/feed-runner.ts'
import { RESOURCES, SUBRESOURCES } from '../../../src/resources/index.ts'
import { LISTINGS } from '../../../src/resources/listings.ts'
import { ListingstreamError } from '../../../src/support/errors.ts'
import { feedIdentity } from '../../fixtures/index-entry.ts'
import { MemoryFeed } from '../../fixtures/memory-feed.ts'
import { MemoryKeyIndex } from '../../fixtures/memory-key-index.ts'
import type { MemoryPublisher } from '../../fixtures/memory-publisher.ts'
import { SERVER_TIME, sourceRecord, type SourceScript } from '../../fixtures/scripted-source.ts'

const { signal } = new AbortController()

function setOf(part: string): Subresource {
  const set = SUBRESOURCES.find((one) => one.part === part)
  if (set === undefined) throw new Error(`no set ${part}`)
  return set
}
/** With a stamp of its own. */
export const PHOTOS = setOf('photos')
/** Without one. */
export const ROOMS = setOf('rooms')
export const WITH_SETS: ListedResource = { ...LISTINGS, subresources: [PHOTOS, ROOMS] }

/** Long before `SERVER_TIME`: settled. */
export const LONG_AGO = instant(SERVER_TIME - 48 * 3_600_000)

/** A listing whose photos changed then. */
export function photographed(
  key: string,
  photos: Instant | null = LONG_AGO,
  over: Partial<SourceRecord> = {},
): SourceRecord {
  return sourceRecord(key, {}, { changeStamps: { photos, videos: null, documents: null }, ...over })
}

export const keysOf = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, n) => `${n + 1}`)

type AnswerSets = NonNullable<SourceScript['sets']>
type SetsAnswered = ReturnType<AnswerSets>

export function failing(kind: 'refused' | 'failed', code: string): SetsAnswered {
  return { kind, error: new ListingstreamError('by the script', { code, retryable: true }) }
}

/** A feed whose listings are in the index, and whose sets the test answers. */
export class SetsFeed {
  readonly twins: MemoryFeed
  readonly runner: FeedRunner
  /** Tests change it. */
  answer: AnswerSets
  readonly #replicated: ListedResource

  private constructor(
    open: (script: SourceScript) => MemoryFeed,
    replicated: ListedResource,
    answer: AnswerSets,
  ) {
    this.answer = answer
    this.#replicated = replicated
    this.twins = open({ sets: (set, key) => this.answer(set, key) })
    this.runner = new FeedRunner(this.twins.feed)
  }

  /** @param answer each listing has one photo and one room unless given */
  static async of(
    listings: readonly SourceRecord[],
    answer: AnswerSets = (_, key) => [{ Id: `of ${key}` }],
  ): Promise<SetsFeed> {
    const index = await emptyIndex()
    const walk = { walks: [[{ records: listings }]], counts: [0] }
    const over = { resources: [WITH_SETS] }
    const feed = new SetsFeed(
      (script) => new MemoryFeed({ ...script, ...walk }, { index, over }),
      WITH_SETS,
      answer,
    )
    await feed.runner.run(WITH_SETS, 'snapshot', PLAIN_PASS, signal)
    feed.twins.source.asked.length = 0
    return feed
  }

  /** A new process, on the same topics unless they are new, too. */
  async restarted({
    index: found = 'kept',
    replicated = WITH_SETS,
    topics = this.twins.publisher,
  }: {
    readonly index?: 'kept' | 'lost'
    readonly replicated?: ListedResource
    readonly topics?: MemoryPublisher
  } = {}): Promise<SetsFeed> {
    const at = this.twins.clock.now()
    const index = found === 'kept' ? this.twins.index : await emptyIndex()
    await topics.bringForward(index, at)
    const over = { resources: [replicated] }
    const next = new SetsFeed(
      (script) => new MemoryFeed(script, { publisher: topics, index, at, over }),
      replicated,
      this.answer,
    )
    next.twins.source.skipRequests(index.state()?.request ?? 0)
    return next
  }

  async run(set: Subresource, pass: PassKind): Promise<PassProgress> {
    return (await this.runner.run(set, pass, PLAIN_PASS, signal)).progress
  }

  /** As somebody asks for it. */
  runOnDemand(set: Subresource, pass: PassKind): Promise<PassResult> {
    return this.runner.run(set, pass, { ...PLAIN_PASS, onDemand: true }, signal)
  }

  /** As a page of an update says it. */
  async listed(...records: readonly SourceRecord[]): Promise<void> {
    const { feed, source } = this.twins
    const last = feed.state.lastPass(LISTINGS.name, 'snapshot')
    if (last === undefined) throw new Error('no snapshot')
    const page = {
      records,
      unreadable: [],
      request: source.nextRequest(),
      observedAt: this.twins.clock.now(),
      askedAgain: false,
      withholding: 'nothing' as const,
      lettered: new Set<RecordKey>(),
    }
    const commitment = { progress: last, watermark: null, markers: [] }
    await feed.committer.commitPage(this.#replicated, page, false, () => commitment, signal)
  }

  /** As a purge does that has a proof of it. */
  deleted(...keys: readonly string[]): Promise<PassProgress> {
    const { feed, source, clock } = this.twins
    const last = feed.state.lastPass(LISTINGS.name, 'snapshot')
    if (last === undefined) throw new Error('no snapshot')
    const request = source.nextRequest()
    return feed.committer.commitDeletions(
      this.#replicated,
      keys.map(recordKey),
      (key, entry) => ({
        deletion: {
          kind: 'deletion',
          key,
          reason: 'NOT_IN_SOURCE',
          evidence: 'LIST_QUERY',
          deletedAt: clock.now(),
          absentSince: clock.now(),
          lastModificationTimestamp: entry.modificationTimestamp,
          lastSeenAt: null,
          missingSince: null,
          lastFields: {},
          mlsId: entry.mlsId,
          changeStamps: entry.changeStamps,
          previousDigest: entry.digest,
        },
        request,
      }),
      () => ({ progress: last, watermark: null, markers: [] }),
      signal,
    )
  }

  /** Of both clocks. */
  advance(ms: number): void {
    this.twins.clock.advance(ms)
    this.twins.source.now = instant(this.twins.source.now + ms)
  }

  /** Sets asked for since the last call, as `photos 1`. */
  asked(): readonly string[] {
    const { asked } = this.twins.source
    return asked
      .splice(0)
      .flatMap((one) => (one.kind === 'set' ? [`${one.set.replace('listing-', '')} ${one.key}`] : []))
  }

  /** All events of the set. */
  events(set: Subresource): readonly string[] {
    const { transactions } = this.twins.publisher
    return transactions.flatMap(({ request }) =>
      request.parts
        .filter(({ resource }) => resource.name === set.name)
        .flatMap(({ changes }) =>
          changes.map((change) =>
            change.kind === 'deletion' ? `${change.key} gone` : `${change.key} ${change.reason}`,
          ),
        ),
    )
  }
}

async function emptyIndex(): Promise<MemoryKeyIndex> {
  const index = new MemoryKeyIndex({ batchSize: 50, resources: [...RESOURCES, ...SUBRESOURCES] })
  await index.reset(feedIdentity(), SERVER_TIME)
  return index
}
