import type { JsonValue } from '../../domain/json.ts'
import { fraction, hash32, pick } from '../prng.ts'
import { dateText, datetimeText } from '../time-text.ts'
import type { FieldDefinition, ValueKind } from './field-catalog.ts'

const WORDS =
  `airy backyard beautiful bright built-in café close corner cozy custom daylight deck déjà-vu downtown entry
  façade fenced finished fresh garden granite heated inviting jardín kitchen lake large light lower main naïve
  near new newly oak open original patio “private” quiet remodeled roomy school señor shed shop skyline
  spacious Straße sunny trails updated upper vaulted view walk-out well-kept 🏡 windows wooded yard`
    .trim()
    .split(/\s+/)

const DAY_MS = 86_400_000

/** The value of a field that is not part of the listing's own state: a function of the two seeds alone. */
export function generatedValue(field: FieldDefinition, listingSeed: number, createdAt: number): JsonValue {
  const hash = hash32(listingSeed, field.seed)
  if (fraction(hash) < field.nullRate) return null
  return valueOf(field.values, hash32(hash, 1), createdAt)
}

function valueOf(values: ValueKind, hash: number, createdAt: number): JsonValue {
  switch (values.kind) {
    case 'fact':
      return null
    case 'choice':
      return pick(values.options, hash)
    case 'multi':
      return chosen(values.options, hash)
    case 'words':
      return phrase(values.min + (hash % (values.max - values.min + 1)), hash)
    case 'pattern':
      return filled(values.pattern, hash)
    case 'integer':
      return values.min + (hash % (values.max - values.min + 1))
    case 'decimal':
      return Number((values.min + fraction(hash) * (values.max - values.min)).toFixed(values.digits))
    case 'boolean':
      return hash % 2 === 0
    case 'date':
      return dateText(createdAt + ((hash % 720) - 360) * DAY_MS)
    case 'datetime':
      return datetimeText(createdAt - (hash % 720) * DAY_MS - (hash % 86_400) * 1000)
  }
}

/** With a digit for each `#`. */
function filled(pattern: string, hash: number): string {
  let text = ''
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern.charAt(at)
    text += char === '#' ? hash32(hash, at) % 10 : char
  }
  return text
}

/** Multi-select values are an object of trues (docs/spark-api.md §4.3). At least one is chosen. */
function chosen(options: readonly string[], hash: number): JsonValue {
  const bits = hash % 2 ** options.length || 1
  return Object.fromEntries(options.filter((_, at) => (bits >> at) % 2 === 1).map((name) => [name, true]))
}

function phrase(length: number, hash: number): string {
  const text = Array.from({ length }, (_, at) => pick(WORDS, hash32(hash, at))).join(' ')
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
