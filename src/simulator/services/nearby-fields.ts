import type { JsonObject } from '../../domain/json.ts'
import { ApiFailure } from '../api/envelope.ts'
import type { SimulatedListings } from '../collections/listings.ts'
import type { Listing } from '../collections/listings/listing.ts'

/** Of latitude and of longitude, each way. */
const NEAR_DEGREES = 0.5
const PLACES = ['City', 'PostalCode', 'StateOrProvince']

/**
 * Fields that tell of a place; with `_expand=1` each has the values of the listings near by, quoted as a filter wants them
 * (docs/spark-api.md §4.9).
 * @param types codes of property types, with commas between them
 * @throws {ApiFailure} 400/1050, 400/1053
 */
export function nearbyFields(
  listings: SimulatedListings,
  types: string,
  params: URLSearchParams,
): JsonObject {
  const place = { Latitude: degrees(params, '_lat'), Longitude: degrees(params, '_lon') }
  const textOf = (row: Listing, name: string): string => {
    const value = listings.shown(row, name)
    return typeof value === 'string' ? value : ''
  }
  const wanted = types.split(',')
  const near = listings
    .rows('')
    .filter(
      (row) =>
        wanted.includes(textOf(row, 'PropertyType')) &&
        Object.entries(place).every(
          ([name, at]) => Math.abs(Number(listings.shown(row, name)) - at) <= NEAR_DEGREES,
        ),
    )
    .toArray()
  const valuesOf = (name: string): string[] => [...new Set(near.map((row) => textOf(row, name)))].toSorted()
  return Object.fromEntries(
    PLACES.map((name) => [
      name,
      {
        ResourceUri: `/v1/standardfields/nearby/${types}/${name}`,
        Type: 'Character',
        Searchable: true,
        HasList: true,
        ...(params.get('_expand') === '1' ? { FieldList: valuesOf(name).map(quotedOption) } : {}),
      },
    ]),
  )
}

function quotedOption(value: string): JsonObject {
  return { Name: value, Value: `'${value.replaceAll("'", String.raw`\'`)}'` }
}

function degrees(params: URLSearchParams, name: string): number {
  const text = params.get(name)
  if (text === null) throw new ApiFailure(400, 1050, `${name} is required`)
  const value = Number(text)
  if (text.trim() !== '' && Math.abs(value) <= 180) return value
  throw new ApiFailure(400, 1053, `${name} must be a number of degrees`)
}
