import { formatInstant } from '../../domain/instant.ts'
import { stands } from '../../domain/pause.ts'
import type { CheckpointLog } from '../../feed/checkpoint-log.ts'
import { holdReasons, lastMarkers } from '../../feed/control-log.ts'
import { readWaitingLetters } from '../../feed/dead-letter-log.ts'
import type { MarkerRecord } from '../../feed/state-records.ts'
import { CommittedState } from '../../replication/committed-state.ts'
import { standingHolds } from '../../replication/holds/standing-hold.ts'
import { ListingstreamError } from '../../support/errors.ts'
import { tellPause } from '../../ops/told-pause.ts'
import { now } from '../compose/system-clock.ts'
import { openFeedReader } from '../compose/feed-reader.ts'
import type { ReaderSettings } from '../compose/settings-groups.ts'
import { feedStatus, type FeedStatus, type Trouble } from './feed-status.ts'
import { countsIn } from './live-records.ts'
import { waitingLetters } from './waiting-letters.ts'

/**
 * By the topics, where no daemon has more in its memory.
 *
 * @throws {ListingstreamError} `NO_FEED`
 */
export async function readStatus(settings: ReaderSettings, signal: AbortSignal): Promise<FeedStatus> {
  await using reader = await openFeedReader(settings, signal)
  const { cluster, names, listed, resources, writerSchemas: schemas, log } = reader
  const known = await cluster.describeTopics([names.checkpoints, names.deadLetters], signal)
  if (known.has(names.checkpoints)) await log.refresh(signal)
  const { owner, generation, nextOffsets } = log
  const state = log.state()
  if (owner === undefined && state.passes.size === 0) throw unknownPrefix(names.prefix)
  const position = { prefix: names.prefix, generation, clusterId: cluster.clusterId, listed, nextOffsets }
  const markers = await lastMarkers(cluster, names.control, { schemas, resources }, signal)
  const isHeld = [...state.passes.values()].some(({ deletes, reread }) => deletes.held + reread.held > 0)
  const committed = new CommittedState(state, isHeld ? await reader.holdLog.known(signal) : [])
  const { liveRecords, owedSets } = await countsIn(settings.feed.dataDir, position, signal)
  return feedStatus({
    prefix: names.prefix,
    source: state.source,
    daemon: null,
    owner: lastOwner(log),
    resources: listed,
    state,
    completedAt: log.completedAt,
    nextAt: () => null,
    outlook: () => null,
    paused: (state.pauses ?? []).filter((pause) => stands(pause, now())).map(tellPause),
    parked: [],
    firstPurgeAt: {},
    liveRecords,
    lastError: lastFailure(markers),
    heldBecause: holdReasons(markers),
    holds: listed.flatMap((resource) => standingHolds(committed, resource)),
    owedSets,
    refusedSets: [],
    lateArrivals: [],
    deadLetters: known.has(names.deadLetters)
      ? await waitingLetters(async (within) => (await readWaitingLetters(reader, within)).length, signal)
      : { count: 0, why: null },
    apiRequests: null,
    budget: null,
    health: null,
  })
}

function lastOwner({ owner, ownerAliveAt }: CheckpointLog): FeedStatus['owner'] {
  if (owner === undefined) return null
  const { host, pid, dataDir } = owner
  return { host, pid, dataDir, aliveAt: formatInstant(ownerAliveAt) }
}

function unknownPrefix(prefix: string): ListingstreamError {
  return new ListingstreamError(
    `Nobody has ever published a feed under the prefix "${prefix}" on this cluster. Check TOPIC_PREFIX and KAFKA_BROKERS; "listingstream snapshot" begins one.`,
    { code: 'NO_FEED', retryable: false, disposition: 'stop' },
  )
}

/** What an outage parks leaves no marker; only the daemon's memory has it. */
export function lastFailure(markers: readonly MarkerRecord[]): Trouble | null {
  const failed = markers.findLast(
    (marker, i) => marker.event === 'failed' && !isByOperator(marker, markers.slice(i + 1)),
  )
  if (failed === undefined) return null
  const { resource, pass, at, detail } = failed
  const message = detail ?? 'It failed.'
  return { code: 'PASS_INCOMPLETE', message, resource, pass, at: formatInstant(at), lasts: false }
}

/** What an operator ended is no failure: a purge that is begun anew, which no doubt has ended, and an update whose watermark is set back. */
function isByOperator({ pass, passId, reason }: MarkerRecord, later: readonly MarkerRecord[]): boolean {
  if (pass === 'purge') return reason === null
  return later.some((marker) => marker.event === 'watermark_set' && marker.passId === passId)
}
