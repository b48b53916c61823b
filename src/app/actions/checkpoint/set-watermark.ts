/** `checkpoint set-watermark`: the next update reads again from an earlier time. */
import { loadSettings } from '../../../config/load-settings.ts'
import { formatInstant, type Instant } from '../../../domain/instant.ts'
import type { ListedResource } from '../../../domain/resource.ts'
import { firstSnapshotAt } from '../../../feed/first-snapshot.ts'
import { NoChangeStampError, NoSnapshotError } from '../../../replication/pass-errors.ts'
import { requireEarlier, setWatermarkBack } from '../../../replication/set-watermark-back.ts'
import { ListingstreamError } from '../../../support/errors.ts'
import { printLine } from '../../../support/print.ts'
import { requireChosenList } from '../../compose/chosen-resources.ts'
import { openFeedReader } from '../../compose/feed-reader.ts'
import { WRITER_GROUPS, type WriterSettings } from '../../compose/settings-groups.ts'
import { findDaemon, statedSettings } from '../../daemon/handover.ts'
import { onOwnFeed, type FeedWishes } from '../../passes/on-feed.ts'

export interface WatermarkOptions extends FeedWishes {
  readonly resource: ListedResource
}

/** Refuses before it takes the feed over: a daemon would find itself without it. */
export async function setWatermark(
  to: Instant,
  { resource: wanted, ...wishes }: WatermarkOptions,
  signal: AbortSignal,
): Promise<number> {
  const settings = loadSettings(WRITER_GROUPS, { feed: wishes.feed })
  const resource = listed(settings, wanted)
  await requireNoDaemon(settings, signal)
  const firstBegan = await firstBegin(settings, resource, to, signal)
  const { topicPrefix } = settings.feed
  const before = await onOwnFeed(
    settings,
    wishes,
    {
      title: `${topicPrefix}: watermark of ${resource.name}`,
      wanted: { resource, pass: 'update' },
      run: ({ runner: { feed } }) => {
        return setWatermarkBack(feed, resource, { to, firstSnapshotAt: firstBegan }, signal)
      },
    },
    signal,
  )
  printLine(
    `the watermark of ${resource.name} is ${formatInstant(to)}; it was ${formatInstant(before)}. The next update reads again from there, less UPDATE_OVERLAP, and publishes what differs.`,
  )
  return 0
}

/** As it is replicated. */
function listed({ feed }: WriterSettings, wanted: ListedResource): ListedResource {
  const resource = requireChosenList(feed, wanted)
  if (resource.stamp === null) throw new NoChangeStampError(resource.name)
  return resource
}

async function requireNoDaemon(settings: WriterSettings, signal: AbortSignal): Promise<void> {
  const { TOPIC_PREFIX = '', KAFKA_BROKERS = '' } = statedSettings(settings)
  const daemon = await findDaemon(settings.feed.dataDir, { TOPIC_PREFIX, KAFKA_BROKERS }, signal)
  if (daemon === undefined) return
  throw new ListingstreamError(
    `A daemon is running on this DATA_DIR (process ${daemon.pid}). Stop it, set the watermark, then start it again.`,
    { code: 'WATERMARK_NEEDS_STOP', retryable: false, disposition: 'stop' },
  )
}

async function firstBegin(
  settings: WriterSettings,
  { name }: ListedResource,
  wanted: Instant,
  signal: AbortSignal,
): Promise<Instant> {
  await using reader = await openFeedReader(settings, signal)
  const { log, writerSchemas: schemas } = reader
  await log.refreshIfThere(signal)
  const current = log.state().watermarks.get(name)
  if (current === undefined) throw new NoSnapshotError(name, 'update')
  const at = await firstSnapshotAt(name, { ...reader, schemas }, signal)
  if (at === undefined) throw new NoSnapshotError(name, 'update')
  requireEarlier(name, { current, wanted, firstSnapshotAt: at })
  return at
}
