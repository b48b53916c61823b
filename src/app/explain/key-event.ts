/** A record of a topic, as what is told of a key's history. */
import { z } from 'zod'

import { formatInstant } from '../../domain/instant.ts'
import { HEADERS } from '../../events/header-names.ts'
import { decodeValue } from '../../events/decode-value.ts'
import type { WriterSchemas } from '../../events/registry/writer-schemas.ts'
import type { PastRecord } from '../../feed/key-history.ts'

export interface KeyEvent {
  readonly partition: number
  readonly offset: number
  /** When it was written. */
  readonly at: string
  /** Name of the Avro record, or `Tombstone`. */
  readonly type: string
  /** `change` of an upsert, `reason` of a delete; null of a tombstone. */
  readonly why: string | null
  readonly passId: string | null
  /** When the source was seen to say so, or that it is gone. */
  readonly observedAt: string | null
  /** The source's own stamp. */
  readonly modificationTimestamp: string | null
  readonly digest: string | null
  readonly schemaId: number | null
  /** Of a delete: all that its event says. */
  readonly deletion: Readonly<Record<string, unknown>> | null
}

/** With what was decoded of it; undefined of a tombstone. */
export interface ReadEvent {
  readonly event: KeyEvent
  readonly value: unknown
}

const TEXT = z.string().nullish()
/** An Avro record is an object of a class of its own. */
const EVENT = z.looseObject({
  change: TEXT,
  reason: TEXT,
  passId: TEXT,
  observedAt: TEXT,
  deletedAt: TEXT,
  modificationTimestamp: TEXT,
  lastModificationTimestamp: TEXT,
})

export async function readEvent(
  { offset, timestamp, value, headers }: PastRecord,
  partition: number,
  schemas: WriterSchemas,
  signal: AbortSignal,
): Promise<ReadEvent> {
  const place = {
    partition,
    offset,
    at: formatInstant(timestamp),
    digest: headers.get(HEADERS.digest) ?? null,
  }
  if (value === null) {
    const nothing = {
      why: null,
      passId: null,
      observedAt: null,
      modificationTimestamp: null,
      schemaId: null,
      deletion: null,
    }
    return { event: { ...place, ...nothing, type: 'Tombstone' }, value: undefined }
  }
  const { name, schemaId, value: decoded } = await decodeValue(value, schemas, signal)
  const { change, reason, passId, observedAt, deletedAt, ...rest } = EVENT.parse(decoded)
  const isDelete = change === undefined && reason !== undefined
  const event: KeyEvent = {
    ...place,
    type: name,
    why: change ?? reason ?? null,
    passId: passId ?? null,
    observedAt: observedAt ?? deletedAt ?? null,
    modificationTimestamp: rest.modificationTimestamp ?? rest.lastModificationTimestamp ?? null,
    schemaId,
    deletion: isDelete ? { ...EVENT.parse(decoded) } : null,
  }
  return { event, value: decoded }
}
