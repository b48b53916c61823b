import type { Type } from 'avsc'

import { InvariantViolation } from '../support/errors.ts'
import { AvroBuffer } from './content/avro-buffer.ts'
import type { SchemaInUse } from './registry/schema-look.ts'
import type { SchemaRegistry } from './registry/schema-registry.ts'
import { subjectName } from './registry/subject-name.ts'
import { parseAvroRecord, serializeSchema } from './schema/avro-record.ts'
import { compileType } from './schema/compile-type.ts'
import { frame } from './wire-format.ts'

/** Values of one record type whose schema does not depend on the source, in the Confluent wire format. */
export class RecordCodec {
  /** What its values are written under. */
  readonly schema: SchemaInUse
  /** Compiled when it is first needed: of six state records, a pass without changes writes four. */
  #type: Type | undefined
  readonly #buffer = new AvroBuffer()

  private constructor(schema: SchemaInUse) {
    this.schema = schema
  }

  /**
   * Registers the schema in the topic's subject for it. Writes nothing to a registry that knows it.
   *
   * @param text of the schema, as JSON
   */
  static async register(
    registry: SchemaRegistry,
    topic: string,
    text: string,
    signal: AbortSignal,
  ): Promise<RecordCodec> {
    const record = parseAvroRecord(text)
    const subject = subjectName(topic, record.name)
    const registered = serializeSchema(record)
    const id = await registry.register(subject, registered, signal)
    return new RecordCodec({ id, subject, text: registered })
  }

  encode(value: object): Uint8Array {
    this.#type ??= compileType(this.schema.text).type
    return frame(this.schema.id, encodeValue(this.#buffer, this.#type, value))
  }
}

/** The value's bytes, valid until the buffer's next use. @throws {InvariantViolation} if the type cannot hold it */
export function encodeValue(buffer: AvroBuffer, type: Type, value: object): Buffer {
  try {
    return buffer.encode(type, value)
  } catch (cause) {
    throw new InvariantViolation(`A ${type.name ?? 'record'} does not fit its schema.`, { cause })
  }
}
