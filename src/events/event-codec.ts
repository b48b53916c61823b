import type { Deletion, Upsert } from '../domain/change.ts'
import type { PassId } from '../domain/pass.ts'
import type { ResourceDescription, ResourceName } from '../domain/resource.ts'
import { InvariantViolation } from '../support/errors.ts'
import { together } from '../support/together.ts'
import { AvroBuffer } from './content/avro-buffer.ts'
import { encodeValue } from './record-codec.ts'
import type { SchemaInUse } from './registry/schema-look.ts'
import type { EventSchemas } from './schema/event-schemas.ts'
import { frame } from './wire-format.ts'

/** The second branch of the nullable field that holds the content, as Avro writes it. */
const PRESENT = Uint8Array.of(2)

/** From changes to values in the Confluent wire format. */
export class EventCodec {
  readonly #schemas: ReadonlyMap<ResourceName, EventSchemas>
  readonly #buffer = new AvroBuffer()

  private constructor(schemas: ReadonlyMap<ResourceName, EventSchemas>) {
    this.#schemas = schemas
  }

  /**
   * Registers the schemas that do not depend on the source. Writes nothing to a registry that knows them.
   *
   * @param schemas of each resource
   */
  static async open(
    schemas: ReadonlyMap<ResourceName, EventSchemas>,
    signal: AbortSignal,
  ): Promise<EventCodec> {
    const opening = [...schemas.values()].map(
      (versions) => (within: AbortSignal) => versions.useDeleted(within),
    )
    await together(opening, signal)
    return new EventCodec(schemas)
  }

  /** What everything that was encoded can be read with. */
  schemasInUse(): readonly SchemaInUse[] {
    return [...this.#schemas.values()].flatMap((versions) => versions.schemasInUse())
  }

  /** `…Upserted` under the schema of the content, in parts that follow each other: the content is the last one, as it is. */
  upserted(resource: ResourceDescription, upsert: Upsert, passId: PassId): readonly Uint8Array[] {
    const { content } = upsert
    const { envelope, enums } = this.#of(resource).version(content.schemaId)
    const bytes = encodeValue(this.#buffer, envelope, {
      [resource.events.key]: upsert.key,
      change: enums.known('change', upsert.reason),
      modificationTimestamp: upsert.modificationTimestamp,
      observedAt: upsert.observedAt,
      passId,
      volatileFields: content.volatileFields,
    })
    return [frame(content.schemaId, bytes, PRESENT), content.bytes]
  }

  /** `…Deleted`, of a resource whose deletes are events. */
  deleted(resource: ResourceDescription, deletion: Deletion, passId: PassId): Uint8Array {
    const { id, type, enums } = this.#of(resource).deleted()
    const bytes = encodeValue(this.#buffer, type, {
      [resource.events.key]: deletion.key,
      reason: enums.known('reason', deletion.reason),
      evidence: enums.known('evidence', deletion.evidence),
      deletedAt: deletion.deletedAt,
      lastModificationTimestamp: deletion.lastModificationTimestamp,
      lastSeenAt: deletion.lastSeenAt,
      missingSince: deletion.missingSince,
      ...deletion.lastFields,
      passId,
    })
    return frame(id, bytes)
  }

  #of({ name }: ResourceDescription): EventSchemas {
    const schemas = this.#schemas.get(name)
    if (schemas === undefined) throw new InvariantViolation(`No events of ${name} were opened.`)
    return schemas
  }
}
