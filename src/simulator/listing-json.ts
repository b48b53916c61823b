import { toJsonText } from '../domain/json.ts'
import type { JsonValue } from '../domain/json.ts'
import type { Behaviour } from './behaviour.ts'
import type { Member } from './api/envelope.ts'
import { objectText } from './api/envelope.ts'
import type { FieldCatalog, FieldDefinition } from './records/field-catalog.ts'
import { qualifiedName } from './records/field-catalog.ts'
import { generatedValue } from './records/field-values.ts'
import { LISTING_FACTS } from './collections/listings/listing-facts.ts'
import type { Listing } from './collections/listings/listing.ts'
import { DEFINITION_ORDER } from './api/key-order.ts'
import type { KeyOrder } from './api/key-order.ts'
import { MASKED } from '../domain/masked.ts'

/** What the API shows of a field (docs/spark-api.md §4.2). */
export function fieldValue(listing: Listing, field: FieldDefinition, today: number): JsonValue {
  if (listing.masks?.get(field.id) ?? field.masked) return MASKED
  const override = listing.overrides?.get(field.id)
  if (override !== undefined) return override
  if (field.values.kind === 'fact') return LISTING_FACTS[field.id]?.(listing, today) ?? null
  return generatedValue(field, listing.seed, listing.createdAt)
}

export interface ListingShape {
  readonly standard: FieldCatalog
  readonly custom: FieldCatalog
  /** Names of `_select`; undefined for everything. */
  readonly select: ReadonlySet<string> | undefined
  readonly customFields: boolean
  /** Asked for by its Id, not in a list. */
  readonly alone: boolean
  readonly behaviour: Pick<Behaviour, 'decimals' | 'customFieldsMember' | 'emptyStandardFields'>
  readonly today: number
  readonly order: KeyOrder
}

/** Renders many listings in one shape: the order of members is settled once for all of them. */
export function listingRenderer(shape: ListingShape): (listing: Listing) => string {
  const { select, order, today } = shape
  const shown = shape.standard.fields.filter((field) => field.inListings && (select?.has(field.name) ?? true))
  const fields = order.arrange(shown).map((field) => ({ field, name: `${JSON.stringify(field.name)}:` }))
  const customFields = shape.custom.fields.filter((field) => field.inListings && isSelected(field, select))
  const withStandard = fields.length > 0 || shape.behaviour.emptyStandardFields === 'empty'
  const slots = order.arrange([
    'Id',
    'ResourceUri',
    'LastCachedTimestamp',
    'DisplayCompliance',
    'StandardFields',
    'CustomFields',
  ])
  const compliance = displayCompliance(shape.alone)
  return (listing) => {
    const standard = fields
      .map(({ field, name }) => name + valueText(field, fieldValue(listing, field, today), shape))
      .join(',')
    const members: Member[] = []
    for (const slot of slots) {
      if (slot === 'Id') members.push(['Id', `"${listing.key}"`])
      else if (slot === 'ResourceUri') members.push(['ResourceUri', `"/v1/listings/${listing.key}"`])
      else if (slot === 'StandardFields') {
        if (withStandard) members.push(['StandardFields', `{${standard}}`])
      } else if (slot === 'LastCachedTimestamp' && select === undefined) {
        members.push(['LastCachedTimestamp', 'null'])
      } else if (slot === 'DisplayCompliance' && select === undefined) {
        members.push(['DisplayCompliance', compliance])
      } else if (slot === 'CustomFields' && shape.customFields) {
        members.push([shape.behaviour.customFieldsMember, customText(listing, customFields, today)])
      }
    }
    return objectText(members, DEFINITION_ORDER)
  }
}

/** It differs by the way of asking (docs/spark-api.md §4.1). */
function displayCompliance(alone: boolean): string {
  return JSON.stringify({
    View: alone ? 'Detail' : 'Summary',
    IDXLogo: { LogoUri: 'http://logos.example/idx.png', Type: 'Uri' },
    IDXLogoSmall: { LogoUri: 'IDX', Type: 'Text' },
  })
}

function isSelected(field: FieldDefinition, select: ReadonlySet<string> | undefined): boolean {
  if (select === undefined || field.group === null) return true
  return select.has(qualifiedName(field)) || select.has(`"${field.group.name}"`)
}

function valueText(field: FieldDefinition, value: JsonValue, shape: ListingShape): string {
  if (field.type === 'Decimal' && typeof value === 'number' && shape.behaviour.decimals === 'string') {
    const digits = Number.isInteger(value) ? value.toFixed(1) : String(value)
    // Seen in the client's oldest fixtures (docs/spark-api.md §4.1).
    return JSON.stringify(field.name === 'Longitude' ? ` ${digits}` : digits)
  }
  return typeof value === 'object' ? toJsonText(value) : JSON.stringify(value)
}

/**
 * `[{"Main":[{"Group":[{"Field":value},…]},…],"Details":[…]}]` (docs/spark-api.md §4.1). Fields without a value are
 * left out; each value of a multi-select has an element of its own.
 */
function customText(listing: Listing, fields: readonly FieldDefinition[], today: number): string {
  const categories = { Main: new Map<string, JsonValue[]>(), Details: new Map<string, JsonValue[]>() }
  for (const field of fields) {
    const value = fieldValue(listing, field, today)
    if (field.group === null || value === null) continue
    const groups = categories[field.group.category]
    const entries = groups.get(field.group.name) ?? []
    groups.set(field.group.name, entries)
    if (field.values.kind === 'multi' && typeof value === 'object') {
      entries.push(...Object.keys(value).map((option) => ({ [field.name]: option })))
    } else entries.push({ [field.name]: value })
  }
  const list = (groups: ReadonlyMap<string, JsonValue[]>): JsonValue =>
    [...groups].map(([group, entries]) => ({ [group]: entries }))
  return toJsonText([{ Main: list(categories.Main), Details: list(categories.Details) }])
}
