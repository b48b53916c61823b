/** The schemas of a feed's events and state records, and what encodes them. */
import type { ResourceName } from '../../domain/resource.ts'
import { EventCodec } from '../../events/event-codec.ts'
import { EventSchemas } from '../../events/schema/event-schemas.ts'
import { readSchemaFile } from '../../events/schema/schema-file.ts'
import type { ContentLimit } from '../../events/content/content-encoder.ts'
import { contentLimit } from '../../feed/record-limits.ts'
import { StateCodec } from '../../feed/state-codec.ts'
import type { FeedTopics } from '../../feed/topics.ts'
import { together } from '../../support/together.ts'
import type { FeedReader } from './feed-reader.ts'
import type { FeedSettings } from './open-feed-options.ts'

export interface FeedEvents {
  /** Of each resource. */
  readonly schemas: ReadonlyMap<ResourceName, EventSchemas>
  readonly eventCodec: EventCodec
  readonly stateCodec: StateCodec
}

/** Registers what the registry does not have. */
export async function openEvents(
  { names, resources, registry }: FeedReader,
  { passes }: FeedSettings,
  signal: AbortSignal,
): Promise<FeedEvents> {
  const { volatileFields } = passes
  const schemas = new Map(
    resources.map((resource) => {
      const topic = names.data(resource)
      const options = { registry, topic, resource, volatileFields, readSchema: readSchemaFile }
      return [resource.name, new EventSchemas(options)]
    }),
  )
  const [eventCodec, stateCodec] = await together(
    [(within) => EventCodec.open(schemas, within), (within) => StateCodec.open(registry, names, within)],
    signal,
  )
  return { schemas, eventCodec, stateCodec }
}

/** What the content of each resource is made by. */
export function contentRules(
  { schemas }: FeedEvents,
  { names }: FeedReader,
  { recordLimits }: FeedTopics,
): ReadonlyMap<ResourceName, { readonly schemas: EventSchemas; readonly limit: ContentLimit }> {
  const rules = [...schemas].map(([name, versions]) => {
    const limit = contentLimit(recordLimits.get(names.data({ name })))
    return [name, { schemas: versions, limit }] as const
  })
  return new Map(rules)
}
