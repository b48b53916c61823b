/** The schemas of a feed's events and state records, and what encodes them. */
import type { ResourceName } from '../../domain/resource.ts'
import { EventCodec } from '../../events/event-codec.ts'
import { EventSchemas, type EventSchemasOptions } from '../../events/schema/event-schemas.ts'
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
  const schemas = eventSchemas({ names, resources, registry }, passes)
  const [eventCodec, stateCodec] = await together(
    [(within) => EventCodec.open(schemas, within), (within) => StateCodec.open(registry, names, within)],
    signal,
  )
  return { schemas, eventCodec, stateCodec }
}

/** Those of the feed's resources; none is in use yet. */
export function eventSchemas(
  {
    names,
    resources,
    registry,
  }: Pick<FeedReader, 'names' | 'resources'> & Pick<EventSchemasOptions, 'registry'>,
  { volatileFields }: FeedSettings['passes'],
): FeedEvents['schemas'] {
  return new Map(
    resources.map((resource) => {
      const topic = names.data(resource)
      const options = { registry, topic, resource, volatileFields, readSchema: readSchemaFile }
      return [resource.name, new EventSchemas(options)]
    }),
  )
}

/** What the content of each resource is made by. */
export function contentRules(
  { schemas }: Pick<FeedEvents, 'schemas'>,
  { names }: Pick<FeedReader, 'names'>,
  { recordLimits }: Pick<FeedTopics, 'recordLimits'>,
): ReadonlyMap<ResourceName, { readonly schemas: EventSchemas; readonly limit: ContentLimit }> {
  const rules = [...schemas].map(([name, versions]) => {
    const limit = contentLimit(recordLimits.get(names.data({ name })))
    return [name, { schemas: versions, limit }] as const
  })
  return new Map(rules)
}
