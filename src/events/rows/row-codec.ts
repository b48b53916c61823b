import type { SchemaId } from '../../domain/content.ts'
import type { ResourceDescription, ResourceName } from '../../domain/resource.ts'
import { InvariantViolation } from '../../support/errors.ts'
import type { SchemaInUse } from '../registry/schema-look.ts'
import type { RowSchemas } from './row-schemas.ts'

/** From events to the rows that say the same, for the resources of a feed. */
export class RowCodec {
  readonly #schemas: ReadonlyMap<ResourceName, RowSchemas>

  constructor(schemas: Iterable<RowSchemas>) {
    this.#schemas = new Map([...schemas].map((of) => [of.resource.name, of]))
  }

  /** See `RowSchemas`. */
  prepare(
    resource: ResourceDescription,
    ids: Iterable<SchemaId>,
    asker: string,
    signal: AbortSignal,
  ): Promise<void> {
    return this.#of(resource).prepare(ids, asker, signal)
  }

  /** The row of an event in the wire format. */
  row(resource: ResourceDescription, value: Uint8Array): Uint8Array {
    return this.#of(resource).row(value)
  }

  schemasInUse(): readonly SchemaInUse[] {
    return [...this.#schemas.values()].flatMap((schemas) => schemas.schemasInUse())
  }

  #of({ name }: ResourceDescription): RowSchemas {
    const schemas = this.#schemas.get(name)
    if (schemas === undefined) throw new InvariantViolation(`No rows of ${name} were opened.`)
    return schemas
  }
}
