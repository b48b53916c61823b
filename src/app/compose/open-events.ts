/** The schemas of a feed's events and state records, and what encodes them. */
import { EventCodec } from '../../events/event-codec.ts'
import { ListingSchemas } from '../../events/schema/listing-schemas.ts'
import { LISTINGS } from '../../resources/listings.ts'
import type { FeedReader } from './feed-reader.ts'
import type { FeedSettings } from './open-feed-options.ts'

export interface FeedEvents {
  readonly schemas: ListingSchemas
  readonly codec: EventCodec
}

/** Registers what the registry does not have. */
export async function openEvents(
  { names, registry }: FeedReader,
  { passes }: FeedSettings,
  signal: AbortSignal,
): Promise<FeedEvents> {
  const topic = names.data(LISTINGS)
  const { volatileFields } = passes
  const schemas = new ListingSchemas({ registry, topic, resource: LISTINGS, volatileFields })
  const topics = { listings: topic, checkpoints: names.checkpoints, control: names.control }
  return { schemas, codec: await EventCodec.open(registry, topics, schemas, signal) }
}
