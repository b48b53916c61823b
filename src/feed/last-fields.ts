/** What the last events of keys say of the source's fields: the index does not know it, so that it is read where it lies. */
import { z } from 'zod'

import type { ResourceDescription } from '../domain/resource.ts'
import { decodeValue } from '../events/decode-value.ts'
import { EventError } from '../events/event-error.ts'
import type { WriterSchemas } from '../events/registry/writer-schemas.ts'
import type { KafkaCluster } from '../kafka/cluster.ts'
import { readAt } from './read-at.ts'

export interface EventSource {
  readonly cluster: KafkaCluster
  /** Of the resource. */
  readonly topic: string
  readonly resource: Pick<ResourceDescription, 'events'>
  readonly schemas: WriterSchemas
}

/** By their names; as `decodeValue` has them. */
export type SourceFields = Readonly<Record<string, unknown>>

/**
 * Of the events at these offsets (ascending, by partition). What compaction has taken is left out; of what is no upsert, or
 * cannot be read, no field is known. Memory holds one answer of the broker.
 */
export async function readSourceFields(
  { cluster, topic, resource, schemas }: EventSource,
  offsets: ReadonlyMap<number, readonly number[]>,
  onFields: (key: string, fields: SourceFields) => void,
  signal: AbortSignal,
): Promise<void> {
  await readAt(
    cluster,
    topic,
    offsets,
    async ({ key, value }) => {
      const event = value === null ? undefined : await readable(value, schemas, signal)
      if (key !== null) onFields(key.toString('utf8'), sourceFieldsOf(event, resource))
    },
    signal,
  )
}

async function readable(value: Buffer, schemas: WriterSchemas, signal: AbortSignal): Promise<unknown> {
  try {
    return (await decodeValue(value, schemas, signal)).value
  } catch (error) {
    if (error instanceof EventError) return undefined
    throw error
  }
}

function sourceFieldsOf(event: unknown, { events }: EventSource['resource']): SourceFields {
  return memberOf(memberOf(event, events.content), events.fields) ?? {}
}

/** An Avro record is an object of a class of its own, which zod's `record` does not take. */
const RECORD = z.looseObject({})

function memberOf(value: unknown, name: string): SourceFields | undefined {
  return RECORD.safeParse(RECORD.safeParse(value).data?.[name]).data
}
