/** The key of a record in its resource: for listings the `ListingKey`, 26 digits (docs/spark-api.md §1.2). */
export type RecordKey = string & { readonly __brand: 'RecordKey' }

// Keys become Kafka keys, LevelDB keys and path segments, so the form is checked once, here. Nothing documents that
// other resources have 26 digits too (FloPlans have short integers), hence the width.
const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

/** Undefined if `text` cannot be a record's key. */
export function parseRecordKey(text: unknown): RecordKey | undefined {
  return typeof text === 'string' && KEY.test(text) ? (text as RecordKey) : undefined
}

/** @throws {TypeError} if `text` cannot be a record's key. */
export function recordKey(text: string): RecordKey {
  const key = parseRecordKey(text)
  if (key === undefined) throw new TypeError(`${JSON.stringify(text)} is not a record key`)
  return key
}
