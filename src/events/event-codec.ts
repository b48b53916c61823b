import type { Deletion, Upsert } from '../domain/change.ts'
import type { PassId } from '../domain/pass.ts'
import type { ResourceDescription, ResourceName } from '../domain/resource.ts'
import { InvariantViolation } from '../support/errors.ts'
import { AvroBuffer } from './content/avro-buffer.ts'
import { encodeValue, RecordCodec } from './record-codec.ts'
import type { SchemaInUse } from './registry/schema-look.ts'
import type { SchemaRegistry } from './registry/schema-registry.ts'
import type { EventSchemas } from './schema/event-schemas.ts'
import { frame } from './wire-format.ts'

/** Of one resource. */
interface Events {
  readonly schemas: EventSchemas
  /** Undefined where a tombstone comes alone. */
  readonly deleted: RecordCodec | undefined
}

/** The second branch of the nullable field that holds the content, as Avro writes it. */
const PRESENT = Uint8Array.of(2)

/** From changes to values in the Confluent wire format. */
export class EventCodec {
  readonly #events: ReadonlyMap<ResourceName, Events>
  readonly #buffer = new AvroBuffer()

  private constructor(events: ReadonlyMap<ResourceName, Events>) {
    this.#events = events
  }

  /**
   * Registers the schemas that do not depend on the source. Writes nothing to a registry that knows them.
   *
   * @param schemas of each resource
   */
  static async open(
    registry: SchemaRegistry,
    schemas: ReadonlyMap<ResourceName, EventSchemas>,
    signal: AbortSignal,
  ): Promise<EventCodec> {
    const events = new Map<ResourceName, Events>()
    for (const [resource, versions] of schemas) {
      const { topic, deletedText } = versions
      const deleted =
        deletedText === undefined
          ? undefined
          : await RecordCodec.register(registry, topic, deletedText, signal)
      events.set(resource, { schemas: versions, deleted })
    }
    return new EventCodec(events)
  }

  /** What everything that was encoded can be read with. */
  schemasInUse(): readonly SchemaInUse[] {
    return [...this.#events.values()].flatMap(({ schemas, deleted }) => [
      ...(deleted === undefined ? [] : [deleted.schema]),
      ...schemas.schemasInUse(),
    ])
  }

  /** `…Upserted` under the schema of the content, which is embedded as it is. */
  upserted(resource: ResourceDescription, upsert: Upsert, passId: PassId): Uint8Array {
    const { content } = upsert
    const { envelope } = this.#of(resource).schemas.version(content.schemaId)
    const bytes = encodeValue(this.#buffer, envelope, {
      [resource.events.key]: upsert.key,
      change: upsert.reason,
      modificationTimestamp: upsert.modificationTimestamp,
      observedAt: upsert.observedAt,
      passId,
      volatileFields: content.volatileFields,
    })
    return frame(content.schemaId, bytes, PRESENT, content.bytes)
  }

  /** `…Deleted`, of a resource whose deletes are events. */
  deleted(resource: ResourceDescription, deletion: Deletion, passId: PassId): Uint8Array {
    const { deleted } = this.#of(resource)
    if (deleted === undefined) throw new InvariantViolation(`A delete of ${resource.name} is no event.`)
    return deleted.encode({
      [resource.events.key]: deletion.key,
      reason: deletion.reason,
      evidence: deletion.evidence,
      deletedAt: deletion.deletedAt,
      lastModificationTimestamp: deletion.lastModificationTimestamp,
      passId,
    })
  }

  #of({ name }: ResourceDescription): Events {
    const events = this.#events.get(name)
    if (events === undefined) throw new InvariantViolation(`No events of ${name} were opened.`)
    return events
  }
}
