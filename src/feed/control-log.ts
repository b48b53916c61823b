/** What the topic `control` says of the passes that came last, and of what was notified of. */
import type { FeedNotification } from '../domain/notification.ts'
import { decodeState, type StateRecord } from './decode-state.ts'
import type { MarkerRecord } from './state-records.ts'
import type { WriterSchemas } from '../events/registry/writer-schemas.ts'
import type { KafkaCluster } from '../kafka/cluster.ts'
import { readTopic } from '../kafka/read-topic.ts'
import type { ResourceDescription, ResourceName } from '../domain/resource.ts'

/** Enough for weeks of purges. */
const RECORDS_READ = 2_000

export interface MarkerLogOptions {
  readonly schemas: WriterSchemas
  readonly resources: readonly ResourceDescription[]
}

/** Those of these resources that were written last, in their order; none if the topic does not exist. */
export async function lastMarkers(
  cluster: KafkaCluster,
  topic: string,
  { schemas, resources }: MarkerLogOptions,
  signal: AbortSignal,
): Promise<readonly MarkerRecord[]> {
  const markers: MarkerRecord[] = []
  for await (const record of lastRecords(cluster, topic, schemas, signal)) {
    if (record.kind !== 'marker') continue
    if (resources.some(({ name }) => name === record.marker.resource)) markers.push(record.marker)
  }
  return markers
}

/** The same of what the feed has notified of. */
export async function lastNotifications(
  cluster: KafkaCluster,
  topic: string,
  schemas: WriterSchemas,
  signal: AbortSignal,
): Promise<readonly FeedNotification[]> {
  const notifications: FeedNotification[] = []
  for await (const record of lastRecords(cluster, topic, schemas, signal)) {
    if (record.kind === 'notification') notifications.push(record.notification)
  }
  return notifications
}

async function* lastRecords(
  cluster: KafkaCluster,
  topic: string,
  schemas: WriterSchemas,
  signal: AbortSignal,
): AsyncGenerator<StateRecord> {
  if (!(await cluster.describeTopics([topic], signal)).has(topic)) return
  const [offsets] = await cluster.topicOffsets(topic, signal)
  if (offsets === undefined) return
  const from = Math.max(offsets.beginning, offsets.end - RECORDS_READ)
  const ranges = [{ partition: 0, from, to: offsets.end }]
  for await (const { records } of readTopic(cluster, { topic, ranges }, signal)) {
    for (const { value } of records) {
      const record = value === null ? undefined : await decodeState(value, schemas, signal)
      if (record !== undefined) yield record
    }
  }
}

/** Why the guard holds deletes, by resource: of the last purge that came to a verdict. */
export function holdReasons(markers: readonly MarkerRecord[]): ReadonlyMap<ResourceName, string> {
  const reasons = new Map<ResourceName, string>()
  for (const { pass, event, resource, detail } of markers) {
    if (pass !== 'purge') continue
    if (event === 'held' && detail !== null) reasons.set(resource, detail)
    if (event === 'completed' || event === 'rejected') reasons.delete(resource)
  }
  return reasons
}
