/** Proves that a store, or a topic, holds what a sweep has certified (docs/certificate.md). */
import type { ResourceDescription, ResourceName } from '../../domain/resource.ts'
import type { WriterSchemas } from '../../events/registry/writer-schemas.ts'
import type { SchemaRegistry } from '../../events/registry/schema-registry.ts'
import { newestCertificates, type FoundCertificate } from '../../feed/certificate-log.ts'
import type { CertificateRecord } from '../../feed/state-records.ts'
import { InvariantViolation } from '../../support/errors.ts'
import { requirePublished, viewFeed, type FeedView, type ViewedTopics } from '../rebuild/feed-view.ts'
import { requireSameFeed } from '../rebuild/plan-round.ts'
import type { RebuiltResource } from '../rebuild/rebuilt-resource.ts'
import type { Table, VisibleState } from '../rebuild/store.ts'
import { StoreError } from '../rebuild/store-error.ts'
import { ComparedKeys, type KeyFinding, type KeyProblem } from './compared-keys.ts'
import type { StoreReader } from './store-reader.ts'
import { readStoredKeys } from './stored-keys.ts'
import { readTopicKeys } from './topic-keys.ts'
import type { ComparedVerdict, Verdict } from './verdict.ts'

export interface VerifyOptions extends ViewedTopics {
  readonly registry: Pick<SchemaRegistry, 'byId'>
  readonly writerSchemas: WriterSchemas
  /** Null: all that the feed, or the store, has. */
  readonly chosen: readonly ResourceName[] | null
  /** Told of each key that is not as it should be, as it is found. Never throws. */
  readonly onFinding: (resource: ResourceName, finding: KeyFinding) => void
}

/**
 * Every row of a store's tables, by the newest certificate that is not of a later state than the store's; what came between the
 * two is taken from the topics. One verdict a table.
 *
 * @throws {StoreError} for a store that cannot be read, is of another feed, or has no digests; what reading the topics throws
 */
export async function verifyStore(
  options: VerifyOptions & { readonly reader: StoreReader; readonly sources: readonly RebuiltResource[] },
  signal: AbortSignal,
): Promise<readonly Verdict[]> {
  const { reader, chosen, sources } = options
  const state = await reader.open(signal)
  // Not before: a rebuild that follows the feed would be ahead of it.
  const view = await viewFeed(options, signal)
  requireSameFeed(state.feed, view.feed)
  requireThisLife(reader.name, state, view)
  const tables = chosenTables(reader.name, state, chosen)
  const offsetsOf = (name: ResourceName): readonly number[] => state.offsets[name] ?? []
  const names = tables.map(({ resource }) => resource)
  const found = await search(
    options,
    names,
    (one) => liesBelow(one.endOffsets, offsetsOf(one.resource)),
    view,
    signal,
  )
  const verdicts: Verdict[] = []
  for (const table of tables) {
    const source = sources.find(({ resource }) => resource.name === table.resource)
    if (source === undefined) throw new InvariantViolation(`Nothing is known of the table ${table.name}.`)
    const { fitting, newest } = foundOf(found, table.resource)
    if (fitting === undefined) {
      const why = newest?.generation === view.feed.generation ? 'behind' : 'none'
      verdicts.push({ kind: 'no-certificate', resource: table.resource, why })
      continue
    }
    const compared = { source, table, certificate: fitting, stored: offsetsOf(table.resource) }
    verdicts.push(await compareStore(options, compared, view, signal))
  }
  return verdicts
}

/** The topics themselves, replayed up to the offsets of their newest certificates. One verdict a topic. */
export async function verifyTopics(options: VerifyOptions, signal: AbortSignal): Promise<readonly Verdict[]> {
  const { chosen } = options
  const view = await viewFeed(options, signal)
  requirePublished(chosen, view)
  const resources = view.resources.filter(({ name }) => chosen?.includes(name) ?? true)
  const found = await search(
    options,
    resources.map(({ name }) => name),
    () => true,
    view,
    signal,
  )
  const verdicts: Verdict[] = []
  for (const resource of resources) {
    const { fitting } = foundOf(found, resource.name)
    verdicts.push(
      fitting === undefined
        ? { kind: 'no-certificate', resource: resource.name, why: 'none' }
        : await compareTopic(options, resource, fitting, view, signal),
    )
  }
  return verdicts
}

async function search(
  { cluster, names, writerSchemas: schemas }: VerifyOptions,
  resources: readonly ResourceName[],
  fits: (certificate: CertificateRecord) => boolean,
  { feed: { generation } }: FeedView,
  signal: AbortSignal,
): Promise<ReadonlyMap<ResourceName, FoundCertificate>> {
  return newestCertificates(
    { cluster, topic: names.control, schemas },
    resources,
    (certificate) => certificate.generation === generation && fits(certificate),
    signal,
  )
}

function foundOf(found: ReadonlyMap<ResourceName, FoundCertificate>, name: ResourceName): FoundCertificate {
  return found.get(name) ?? { fitting: undefined, newest: undefined }
}

interface ComparedTable {
  readonly source: RebuiltResource
  readonly table: Table
  readonly certificate: CertificateRecord
  /** Offsets of the store. */
  readonly stored: readonly number[]
}

async function compareStore(
  options: VerifyOptions & { readonly reader: StoreReader },
  { source, table, certificate, stored }: ComparedTable,
  view: FeedView,
  signal: AbortSignal,
): Promise<ComparedVerdict> {
  const { resource } = source
  using keys = new ComparedKeys()
  await readStoredKeys(options, { source, table }, keys, signal)
  const contents = await keys.digest('stored', signal)
  const problems = new Problems(resource.name, options.onFinding)
  const isSameState = stored.every((offset, partition) => offset === certificate.endOffsets[partition])
  const about = { kind: 'compared', resource: resource.name, certificate, keys: contents.keys } as const
  if (isSameState && contents.root === certificate.root) {
    await problems.take(keys.altered(false))
    return { ...about, recordsRead: 0, problems: problems.counts, refuted: [], unproved: [] }
  }
  const recordsRead = await readTopicKeys(
    options,
    resource,
    stretches(view, resource, certificate, stored),
    keys,
    signal,
  )
  await problems.take(keys.altered(true))
  await problems.take(keys.different())
  const { refuted, unproved } = await doubtfulBuckets(keys, certificate, signal)
  const untold = [...new Set([...unproved, ...keys.untoldBuckets()])].sort((a, b) => a - b)
  return { ...about, recordsRead, problems: problems.counts, refuted, unproved: untold }
}

async function compareTopic(
  options: VerifyOptions,
  resource: ResourceDescription,
  certificate: CertificateRecord,
  view: FeedView,
  signal: AbortSignal,
): Promise<ComparedVerdict> {
  using keys = new ComparedKeys()
  const parts = stretches(view, resource, certificate, certificate.endOffsets)
  const recordsRead = await readTopicKeys(options, resource, parts, keys, signal)
  const doubts = await doubtfulBuckets(keys, certificate, signal)
  return {
    kind: 'compared',
    resource: resource.name,
    certificate,
    keys: (await keys.digest('certified', signal)).keys,
    recordsRead,
    problems: new Problems(resource.name, options.onFinding).counts,
    ...doubts,
  }
}

function stretches(
  { starts, ends }: FeedView,
  { name }: Pick<ResourceDescription, 'name'>,
  { endOffsets }: CertificateRecord,
  stored: readonly number[],
): Parameters<typeof readTopicKeys>[2] {
  return { starts: starts[name] ?? [], ends: ends[name] ?? [], certified: endOffsets, stored }
}

/** Where the topic below the certificate's offsets does not give its digests. */
async function doubtfulBuckets(
  keys: ComparedKeys,
  certificate: CertificateRecord,
  signal: AbortSignal,
): Promise<Pick<ComparedVerdict, 'refuted' | 'unproved'>> {
  const { buckets } = await keys.digest('certified', signal)
  const compacted = keys.compactedBuckets()
  const wrong = [...buckets.keys()].filter((bucket) => buckets[bucket] !== certificate.buckets[bucket])
  return {
    refuted: wrong.filter((bucket) => !compacted.has(bucket)),
    unproved: wrong.filter((bucket) => compacted.has(bucket)),
  }
}

class Problems {
  readonly #resource: ResourceName
  readonly #onFinding: VerifyOptions['onFinding']
  readonly #counts: Record<KeyProblem, number> = { altered: 0, different: 0, missing: 0, surplus: 0 }

  constructor(resource: ResourceName, onFinding: VerifyOptions['onFinding']) {
    this.#resource = resource
    this.#onFinding = onFinding
  }

  get counts(): Readonly<Record<KeyProblem, number>> {
    return { ...this.#counts }
  }

  async take(findings: AsyncIterable<KeyFinding>): Promise<void> {
    for await (const finding of findings) {
      this.#counts[finding.problem] += 1
      this.#onFinding(this.#resource, finding)
    }
  }
}

/** @throws {StoreError} STORE_OUTDATED for a store of topics that were made anew since */
function requireThisLife(store: string, { feed, offsets, tables }: VisibleState, view: FeedView): void {
  const isOld = feed.generation !== view.feed.generation
  const isAhead = tables.some(
    ({ resource }) => !liesBelow(offsets[resource] ?? [], view.ends[resource] ?? []),
  )
  if (!isOld && !isAhead) return
  const why = isOld
    ? `generation ${feed.generation} of the feed, which is at ${view.feed.generation} by now`
    : 'more than the topics have: they were made anew'
  throw new StoreError(
    `${store} holds ${why}. Run "listingstream rebuild", which fills it anew.`,
    'STORE_OUTDATED',
  )
}

/** @throws {StoreError} STORE_UNUSABLE for a resource that it has no table of */
function chosenTables(
  store: string,
  { tables }: VisibleState,
  chosen: readonly ResourceName[] | null,
): readonly Table[] {
  const missing = (chosen ?? []).filter((name) => tables.every(({ resource }) => resource !== name))
  if (missing.length > 0) {
    throw new StoreError(
      `${store} has no table of ${missing.join(', ')}. It has those of ${tables.map(({ resource }) => resource).join(', ')}.`,
      'STORE_UNUSABLE',
    )
  }
  return tables.filter(({ resource }) => chosen?.includes(resource) ?? true)
}

function liesBelow(earlier: readonly number[], later: readonly number[]): boolean {
  return earlier.length === later.length && earlier.every((offset, i) => offset <= (later[i] ?? 0))
}
