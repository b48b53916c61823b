import { parseSchemaId, type SchemaId } from '../domain/content.ts'
import { EventError } from './event-error.ts'

/** Bytes before the Avro value: a zero, then the writer schema's id as 32 bits, big-endian (Confluent wire format). */
const WIRE_HEADER_LENGTH = 5

const MAGIC = 0

/** One value in the Confluent wire format; its parts are Avro bytes that follow each other. */
export function frame(schemaId: SchemaId, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, WIRE_HEADER_LENGTH)
  const bytes = Buffer.allocUnsafe(length)
  bytes.writeUInt8(MAGIC, 0)
  bytes.writeUInt32BE(schemaId, 1)
  let at = WIRE_HEADER_LENGTH
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

export interface Unframed {
  readonly schemaId: SchemaId
  /** The Avro bytes, in the memory of what they were cut from. */
  readonly avro: Buffer
}

/** @throws {EventError} EVENT_UNREADABLE if the bytes are not in the Confluent wire format. */
export function unframe(bytes: Uint8Array): Unframed {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { schemaId: framedSchemaId(buffer), avro: buffer.subarray(WIRE_HEADER_LENGTH) }
}

/** Of `unframe`, the schema id alone. @throws {EventError} EVENT_UNREADABLE */
export function framedSchemaId(buffer: Buffer): SchemaId {
  if (buffer.length < WIRE_HEADER_LENGTH || buffer.readUInt8(0) !== MAGIC) {
    throw new EventError(
      'A record is not in the Confluent wire format: some other program wrote to the topic. Give listingstream a TOPIC_PREFIX of its own.',
    )
  }
  const schemaId = parseSchemaId(buffer.readUInt32BE(1))
  if (schemaId === undefined) throw new EventError('A record names no schema id.')
  return schemaId
}
