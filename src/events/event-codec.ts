import type { Type } from 'avsc'

import type { Deletion, Upsert } from '../domain/change.ts'
import type { PassId } from '../domain/pass.ts'
import { InvariantViolation } from '../support/errors.ts'
import { AvroBuffer } from './content/avro-buffer.ts'
import { parseAvroRecord, serializeSchema } from './schema/avro-record.ts'
import { compileType } from './schema/compile-type.ts'
import type { ListingSchemas } from './schema/listing-schemas.ts'
import { readSchemaFile, type SchemaFileName } from './schema/schema-file.ts'
import type { SchemaInUse } from './registry/schema-look.ts'
import type { SchemaRegistry } from './registry/schema-registry.ts'
import type { Checkpoint, MarkerRecord, Owner, Truncation, Watermark } from './state-records.ts'
import { subjectName } from './registry/subject-name.ts'
import { frame } from './wire-format.ts'

/** Topics with their prefix; each event type has its subject in the one where it lives. */
export interface EventTopics {
  readonly listings: string
  readonly checkpoints: string
  readonly control: string
}

type FixedName = Exclude<SchemaFileName, 'ListingUpserted'>

interface FixedSchema extends SchemaInUse {
  readonly type: Type
}

/** The second branch of the nullable field `listing`, as Avro writes it. */
const PRESENT = Uint8Array.of(2)

/** From changes and the publisher's own records to values in the Confluent wire format. */
export class EventCodec {
  readonly #fixed: Readonly<Record<FixedName, FixedSchema>>
  readonly #schemas: ListingSchemas
  readonly #buffer = new AvroBuffer()

  private constructor(fixed: Readonly<Record<FixedName, FixedSchema>>, schemas: ListingSchemas) {
    this.#fixed = fixed
    this.#schemas = schemas
  }

  /** Registers the schemas that do not depend on the source. Writes nothing to a registry that knows them. */
  static async open(
    registry: SchemaRegistry,
    topics: EventTopics,
    schemas: ListingSchemas,
    signal: AbortSignal,
  ): Promise<EventCodec> {
    const fixed = async (name: FixedName, topic: string): Promise<FixedSchema> => {
      const text = serializeSchema(parseAvroRecord(readSchemaFile(name)))
      const subject = subjectName(topic, name)
      const id = await registry.register(subject, text, signal)
      return { id, subject, text, type: compileType(text).type }
    }
    return new EventCodec(
      {
        ListingDeleted: await fixed('ListingDeleted', topics.listings),
        Checkpoint: await fixed('Checkpoint', topics.checkpoints),
        Watermark: await fixed('Watermark', topics.checkpoints),
        Owner: await fixed('Owner', topics.checkpoints),
        Truncation: await fixed('Truncation', topics.checkpoints),
        PassMarker: await fixed('PassMarker', topics.control),
      },
      schemas,
    )
  }

  /** What everything that was encoded can be read with. */
  schemasInUse(): readonly SchemaInUse[] {
    return [...Object.values(this.#fixed), ...this.#schemas.schemasInUse()]
  }

  /** `ListingUpserted` under the schema of the content, which is embedded as it is. */
  upserted(upsert: Upsert, passId: PassId): Uint8Array {
    const { content } = upsert
    const { envelope } = this.#schemas.version(content.schemaId)
    const bytes = this.#encode(envelope, {
      listingKey: upsert.key,
      change: upsert.reason,
      modificationTimestamp: upsert.modificationTimestamp,
      observedAt: upsert.observedAt,
      passId,
      volatileFields: content.volatileFields,
    })
    return frame(content.schemaId, bytes, PRESENT, content.bytes)
  }

  /** `ListingDeleted`. */
  deleted(deletion: Deletion, passId: PassId): Uint8Array {
    return this.#value('ListingDeleted', {
      listingKey: deletion.key,
      reason: deletion.reason,
      evidence: deletion.evidence,
      deletedAt: deletion.deletedAt,
      lastModificationTimestamp: deletion.lastModificationTimestamp,
      passId,
    })
  }

  checkpoint({ progress, ...rest }: Checkpoint): Uint8Array {
    return this.#value('Checkpoint', {
      ...rest,
      ...progress,
      pass: progress.pass.toUpperCase(),
      state: progress.state.toUpperCase(),
    })
  }

  watermark(watermark: Watermark): Uint8Array {
    return this.#value('Watermark', watermark)
  }

  owner(owner: Owner): Uint8Array {
    return this.#value('Owner', owner)
  }

  truncation(truncation: Truncation): Uint8Array {
    return this.#value('Truncation', truncation)
  }

  marker(marker: MarkerRecord): Uint8Array {
    return this.#value('PassMarker', {
      ...marker,
      pass: marker.pass.toUpperCase(),
      event: marker.event.toUpperCase(),
    })
  }

  #value(name: FixedName, value: object): Uint8Array {
    const { id, type } = this.#fixed[name]
    return frame(id, this.#encode(type, value))
  }

  #encode(type: Type, value: object): Buffer {
    try {
      return this.#buffer.encode(type, value)
    } catch (cause) {
      throw new InvariantViolation(`A ${type.name ?? 'record'} does not fit its schema.`, { cause })
    }
  }
}
