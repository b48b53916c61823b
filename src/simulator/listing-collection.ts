import { parseInstant } from '../domain/instant.ts'
import type { Behaviour } from './behaviour.ts'
import type { Collection } from './api/collection.ts'
import type { FieldDefinition } from './records/field-catalog.ts'
import { fieldValue, listingRenderer } from './listing-json.ts'
import type { Listing } from './collections/listings/listing.ts'
import type { Market } from './market.ts'
import type { FieldReader, FieldResolution } from './api/sparkql-filter.ts'

/** The listings as the API has them. */
export function listingCollection(market: Market, behaviour: () => Behaviour): Collection<Listing> {
  return {
    maxLimit: 1000,
    rows: (after) => market.rows(after),
    keyOf: (listing) => listing.key,
    find: (key) => market.find(key),
    resolve(name): FieldResolution<Listing> {
      const field = market.standardFields.find(name) ?? market.customFields.find(name)
      const { unsearchable, unknownFields, maskedStamps } = behaviour()
      if (field === undefined || !field.inMetadata) return unknownFields
      return unsearchable[name] ?? fieldReader(field, market, maskedStamps === 'searched')
    },
    renderer: (shape, order) =>
      listingRenderer({
        standard: market.standardFields,
        custom: market.customFields,
        select: shape.select,
        alone: shape.alone === true,
        customFields: shape.expand.has('CustomFieldsRaw') || shape.expand.has('CustomFieldsExpandedRaw'),
        behaviour: behaviour(),
        today: market.today,
        order,
      }),
  }
}

function fieldReader(field: FieldDefinition, market: Market, findsMasked: boolean): FieldReader<Listing> {
  const value = (listing: Listing): ReturnType<typeof fieldValue> => fieldValue(listing, field, market.today)
  const plainStamp = (listing: Listing): boolean =>
    field.id === 'ModificationTimestamp' &&
    listing.overrides?.get(field.id) !== null &&
    (findsMasked || (!listing.overrides?.has(field.id) && !listing.masks?.has(field.id)))
  return {
    type: field.type,
    multiSelect: field.values.kind === 'multi',
    value,
    seconds(listing) {
      if (plainStamp(listing)) return listing.modifiedAt / 1000
      const text = value(listing)
      const at = typeof text === 'string' ? parseInstant(text) : undefined
      return at === undefined ? null : Math.floor(at / 1000)
    },
  }
}
