import type { CollectionDefinition } from './collection-definition.ts'
import type { CollectionSettings, OpenCollection } from './open-collection.ts'
import { SimulatedCollection } from './simulated-collection.ts'
import type { SimulatedRecord } from './simulated-record.ts'

/** What a file of `collections/` has for its default export. */
export class Collection<C extends OpenCollection = OpenCollection> {
  readonly name: string
  readonly open: (settings: CollectionSettings) => C

  constructor(name: string, open: (settings: CollectionSettings) => C) {
    this.name = name
    this.open = open
  }
}

/** `More`: commands that say more than a selection. */
export function defineCollection<R extends SimulatedRecord, Own extends string, More = never>(
  definition: CollectionDefinition<R, Own>,
): Collection<SimulatedCollection<R, Own, More>> {
  return new Collection(definition.name, (settings) => new SimulatedCollection(definition, settings))
}
