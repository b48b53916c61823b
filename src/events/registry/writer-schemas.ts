import type { Type } from 'avsc'

import type { SchemaId } from '../../domain/content.ts'
import { parseAvroRecord, type AvroRecord } from '../schema/avro-record.ts'
import { compileReadableType, compileType } from '../schema/compile-type.ts'
import { EventError } from '../event-error.ts'
import type { SchemaRegistry } from './schema-registry.ts'

export interface WriterSchema {
  /** Of the record, without its namespace. */
  readonly name: string
  readonly record: AvroRecord
  /** Dates and timestamps as numbers. */
  readonly type: Type
  /** Dates and timestamps as ISO 8601 text. */
  readonly readable: Type
}

/** The schemas that values were written with, by their ids in the registry. Each is fetched and compiled once. */
export class WriterSchemas {
  readonly #registry: Pick<SchemaRegistry, 'byId'>
  readonly #known = new Map<SchemaId, WriterSchema>()

  constructor(registry: Pick<SchemaRegistry, 'byId'>) {
    this.#registry = registry
  }

  /** @throws {EventError} EVENT_UNREADABLE if the registry does not know the id, or Avro its schema. */
  async get(id: SchemaId, signal: AbortSignal): Promise<WriterSchema> {
    const schema = await this.find(id, signal)
    if (schema !== undefined) return schema
    throw new EventError(
      `A record was written with schema ${id}, which the schema registry does not know. Check that SCHEMA_REGISTRY_URL names the registry that its publisher uses.`,
    )
  }

  /** Fetches them beside each other, for `get` and `find`; what cannot be had is theirs to tell. */
  async prepare(ids: Iterable<SchemaId>, signal: AbortSignal): Promise<void> {
    await Promise.allSettled([...ids].map((id) => this.find(id, signal)))
  }

  /** Undefined if the registry does not know the id. @throws {EventError} EVENT_UNREADABLE if Avro does not know its schema. */
  async find(id: SchemaId, signal: AbortSignal): Promise<WriterSchema | undefined> {
    const known = this.#known.get(id)
    if (known !== undefined) return known
    const text = await this.#registry.byId(id, signal)
    if (text === undefined) return undefined
    const schema = compile(id, text)
    this.#known.set(id, schema)
    return schema
  }
}

function compile(id: SchemaId, text: string): WriterSchema {
  const record = parseAvroRecord(text)
  const { name } = record
  try {
    let readable: Type | undefined
    return {
      name,
      record,
      type: compileType(text).type,
      // Only people read by it.
      get readable() {
        return (readable ??= compileReadableType(text))
      },
    }
  } catch (cause) {
    throw new EventError(`Schema ${id} of the registry is no Avro schema.`, { cause })
  }
}
