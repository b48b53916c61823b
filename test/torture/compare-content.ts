import type { Decoded } from './findings.ts'

/** Outside the content (R5). */
const SKIPPED: ReadonlySet<string> = new Set([
  'ModificationTimestamp',
  'DaysOnMarket',
  'CumulativeDaysOnMarket',
])
const DAY_MS = 86_400_000

/** Differences between a listing as the source shows it and its last event, in words. */
export function* compareContent(
  source: Readonly<Record<string, unknown>>,
  { body, fieldTypes }: Decoded,
): Generator<string> {
  const listing = body['listing'] as {
    standardFields: Readonly<Record<string, unknown>>
    maskedFields: readonly string[]
    unmappedFields: Readonly<Record<string, string>>
  }
  for (const [name, value] of Object.entries(source)) {
    if (SKIPPED.has(name)) continue
    const actual = listing.standardFields[name] ?? null
    const expected = value === '********' ? null : asAvro(value, fieldTypes.get(name))
    if (JSON.stringify(actual) === JSON.stringify(expected)) continue
    if (actual === null && listing.unmappedFields[name] !== undefined) continue
    yield `${name} is ${JSON.stringify(expected)}, but was published as ${JSON.stringify(actual)}`
  }
  for (const [name, value] of Object.entries(listing.standardFields)) {
    if (value !== null && !(name in source)) yield `${name} is not at the source`
  }
}

function asAvro(value: unknown, type = ''): unknown {
  if (typeof value === 'string') {
    if (type === 'date') return Date.parse(value) / DAY_MS
    if (type === 'timestamp-millis') return Date.parse(value)
    if (type === 'long' || type === 'double') return Number(value)
    return type === 'array' ? [value] : value
  }
  if (type !== 'array' || typeof value !== 'object' || value === null) return value
  const options = Array.isArray(value) ? value.map(String) : Object.keys(value)
  return options.sort()
}

/** Members that depend on the way of asking, and are no content (R5). */
const BY_WAY_OF_ASKING: ReadonlySet<string> = new Set([
  '$.DisplayCompliance',
  '$.LastCachedTimestamp',
  '$.Permissions',
  '$.ResourceUri',
])

/** Whether two events of one listing differ in nothing that is content, whatever their digests say. */
export function isSameListing(a: Decoded, b: Decoded): boolean {
  return contentText(a) === contentText(b)
}

function contentText({ body }: Decoded): string {
  const listing = body['listing'] as Record<string, Readonly<Record<string, unknown>>>
  const { standardFields = {}, unmappedFields = {}, ...rest } = listing
  const set = Object.entries(standardFields).filter(([, value]) => value !== null)
  const unmapped = Object.entries(unmappedFields).filter(([name]) => !BY_WAY_OF_ASKING.has(name))
  return JSON.stringify([set.sort(byName), unmapped.sort(byName), Object.entries(rest).sort(byName)])
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}
