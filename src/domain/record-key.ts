/** The key of a record in its resource: for listings the `ListingKey`, 26 digits (docs/spark-api.md §1.2). */
export type RecordKey = string & { readonly __brand: 'RecordKey' }

// Keys become Kafka keys, LevelDB keys and path segments, so the form is checked once, here. Nothing documents that
// other resources have 26 digits too (FloPlans have short integers), hence the width.
const LONGEST = 128

/** Of each character of ASCII: 2 where a key may begin with it, 1 where only go on. A pattern takes three times as long. */
const KEY_CHARACTERS = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  if (/[A-Za-z0-9]/.test(character)) return 2
  return '._-'.includes(character) ? 1 : 0
})

/** Undefined if `text` cannot be a record's key. */
export function parseRecordKey(text: unknown): RecordKey | undefined {
  return typeof text === 'string' && isKey(text) ? (text as RecordKey) : undefined
}

function isKey(text: string): boolean {
  const { length } = text
  if (length === 0 || length > LONGEST || KEY_CHARACTERS[text.charCodeAt(0)] !== 2) return false
  for (let i = 1; i < length; i += 1) {
    if ((KEY_CHARACTERS[text.charCodeAt(i)] ?? 0) === 0) return false
  }
  return true
}

/** @throws {TypeError} if `text` cannot be a record's key. */
export function recordKey(text: string): RecordKey {
  const key = parseRecordKey(text)
  if (key === undefined) throw new TypeError(`${JSON.stringify(text)} is not a record key`)
  return key
}
