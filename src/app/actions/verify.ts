/** `verify`: a store, or the topics, compared with the newest certificates. */
import { loadSettings, type FeedChoice } from '../../config/load-settings.ts'
import type { StoreTarget } from '../../consumer/rebuild/store-target.ts'
import { PostgresReader } from '../../consumer/verify/postgres-reader.ts'
import { SqliteReader } from '../../consumer/verify/sqlite-reader.ts'
import type { StoreReader } from '../../consumer/verify/store-reader.ts'
import { isProved, type Verdict } from '../../consumer/verify/verdict.ts'
import { verifyStore, verifyTopics, type VerifyOptions } from '../../consumer/verify/verify.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import { printJson, printLine, printLines } from '../../support/print.ts'
import { openFeedReader } from '../compose/feed-reader.ts'
import { READER_GROUPS } from '../compose/settings-groups.ts'
import { rebuiltResources } from '../rebuild/rebuild-store.ts'
import { describeFinding, describeVerdict } from '../reports/describe-verdict.ts'
import { findingJson, verdictJson } from '../reports/verdict-json.ts'

export interface VerifyCommandOptions extends FeedChoice {
  /** @default all that the store, or the feed, has */
  readonly resource?: readonly ResourceDescription[]
  readonly json?: true
}

/**
 * Findings and verdicts on stdout; exit code 0 if all is proved, otherwise 1.
 *
 * @param store undefined: the topics
 * @throws {StoreError}, and what reading the topics throws
 */
export async function verifyByHand(
  store: StoreTarget | undefined,
  { resource, json, feed: named }: VerifyCommandOptions,
  signal: AbortSignal,
): Promise<number> {
  const settings = loadSettings(READER_GROUPS, { feed: named })
  await using feed = await openFeedReader(settings, signal)
  const sources = rebuiltResources()
  const { cluster, names, log, registry, writerSchemas } = feed
  const options: VerifyOptions = {
    cluster,
    names,
    log,
    registry,
    writerSchemas,
    resources: sources.map((source) => source.resource),
    chosen: resource === undefined ? null : resource.map(({ name }) => name),
    onFinding: (name, finding) => {
      if (json === true) printJson(findingJson(name, finding))
      else printLine(describeFinding(name, finding))
    },
  }
  const verdicts = await verdictsOf(store, { ...options, sources }, signal)
  for (const verdict of verdicts) {
    if (json === true) printJson(verdictJson(verdict))
    else printLines(describeVerdict(verdict))
  }
  return verdicts.every(isProved) ? 0 : 1
}

async function verdictsOf(
  store: StoreTarget | undefined,
  options: VerifyOptions & Pick<Parameters<typeof verifyStore>[0], 'sources'>,
  signal: AbortSignal,
): Promise<readonly Verdict[]> {
  if (store === undefined) return await verifyTopics(options, signal)
  await using reader = openReader(store)
  return await verifyStore({ ...options, reader }, signal)
}

function openReader(target: StoreTarget): StoreReader {
  return target.kind === 'sqlite' ? new SqliteReader(target.file) : new PostgresReader(target)
}
