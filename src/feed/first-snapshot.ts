/** When the first snapshot of a resource began, in the feed's generation. */
import { instant, type Instant } from '../domain/instant.ts'
import type { ResourceName } from '../domain/resource.ts'
import type { WriterSchemas } from '../events/registry/writer-schemas.ts'
import type { KafkaCluster } from '../kafka/cluster.ts'
import { readWholeTopic } from '../kafka/read-topic.ts'
import type { CheckpointLog } from './checkpoint-log.ts'
import { decodeState } from './decode-state.ts'
import type { TopicNames } from './topic-names.ts'

export interface FirstSnapshotOptions {
  readonly cluster: KafkaCluster
  readonly names: Pick<TopicNames, 'control'>
  readonly schemas: WriterSchemas
  /** As of its last refresh. */
  readonly log: Pick<CheckpointLog, 'state' | 'generation'>
}

/**
 * By the checkpoint while no later snapshot has replaced it, else by its marker. Where that is older than the topic `control`
 * keeps, the time of the oldest marker: the snapshot began before it. Undefined if nothing tells of the resource.
 */
export async function firstSnapshotAt(
  resource: ResourceName,
  { cluster, names, schemas, log }: FirstSnapshotOptions,
  signal: AbortSignal,
): Promise<Instant | undefined> {
  const last = log.state().passes.get(`${resource}/snapshot`)
  if (last?.initial === true) return last.startedAt
  let oldest: Instant | undefined
  for await (const { records } of readWholeTopic(cluster, names.control, signal)) {
    for (const { value, timestamp } of records) {
      const record = value === null ? undefined : await decodeState(value, schemas, signal)
      if (record?.kind !== 'marker') continue
      const { generation, initial, pass, startedAt, resource: of } = record.marker
      if (of !== resource || generation !== log.generation) continue
      if (initial && pass === 'snapshot') return startedAt
      oldest ??= instant(timestamp)
    }
  }
  return oldest
}
