import type { AvroRecord } from '../../../events/schema/avro-record.ts'
import { findEnum } from '../../../events/schema/avro-enum.ts'
import { findRecord } from '../../../events/schema/avro-record.ts'
import { shapeOf } from '../../../events/schema/avro-type-text.ts'

/** The records and enums of one schema, in which later ones may be called by their names alone. */
export class NamedTypes {
  readonly #types = new Map<string, unknown>()

  constructor(record: AvroRecord) {
    this.#collect(record)
  }

  /** The type itself where only its name stands. */
  resolve(type: unknown): unknown {
    if (typeof type !== 'string') return type
    // Ours are all of one namespace.
    return this.#types.get(type.slice(type.lastIndexOf('.') + 1)) ?? type
  }

  #collect(type: unknown): void {
    const record = Array.isArray(type) ? undefined : findRecord(type)
    if (record !== undefined) {
      this.#types.set(record.name, record)
      for (const field of record.fields) this.#collect(field.type)
      return
    }
    const shape = shapeOf(type)
    if (shape?.kind === 'enum') this.#types.set(shape.name, findEnum(type))
    else if (shape?.kind === 'array' || shape?.kind === 'map') this.#collect(shape.of)
    else if (shape?.kind === 'union') for (const branch of shape.branches) this.#collect(branch)
  }
}
