import type { Type } from 'avsc'

import type { SchemaId } from '../domain/content.ts'
import { EventError } from './event-error.ts'
import { unframe } from './wire-format.ts'
import type { WriterSchemas } from './registry/writer-schemas.ts'

export interface DecodedValue {
  readonly schemaId: SchemaId
  /** Of the Avro record, without its namespace, e.g. `ListingUpserted`. */
  readonly name: string
  /**
   * The whole record as its writer's schema has it, ready for `JSON.stringify`: dates as `2026-05-02`, timestamps as
   * `2026-05-02T14:03:09.000Z`, absent fields as null.
   */
  readonly value: unknown
}

/** Reads any of our values. @throws {EventError} EVENT_UNREADABLE; errors of the registry client. */
export async function decodeValue(
  bytes: Uint8Array,
  schemas: WriterSchemas,
  signal: AbortSignal,
): Promise<DecodedValue> {
  const { schemaId, avro } = unframe(bytes)
  const { name, readable } = await schemas.get(schemaId, signal)
  return { schemaId, name, value: readAvro(readable, avro, name) }
}

/** @throws {EventError} EVENT_UNREADABLE if the bytes are not exactly one value of the type. */
export function readAvro(type: Type, avro: Buffer, name: string): unknown {
  try {
    return type.fromBuffer(avro)
  } catch (cause) {
    throw new EventError(`A ${name} in a topic is cut or garbled: its bytes do not fit their schema.`, {
      cause,
    })
  }
}
