import type { ValueField } from './source-fields.ts'

/** What the event has to hold; milliseconds for a Datetime. Undefined if the value does not fit its type (R12). */
export function typedValue({ type, multiSelect }: ValueField, value: unknown): unknown {
  if (multiSelect) return chosenOptions(value)
  switch (type) {
    case 'Character':
      return typeof value === 'string' ? value : undefined
    case 'Boolean':
      return typeof value === 'boolean' ? value : undefined
    case 'Integer':
      return numberOf(value, Number.isInteger)
    case 'Decimal':
      return numberOf(value, Number.isFinite)
    case 'Date':
      return typeof value === 'string' && isDay(value) ? value : undefined
    case 'Datetime':
      return typeof value === 'string' && value.includes('T') ? validTime(Date.parse(value)) : undefined
  }
}

/** An object of trues (docs/spark-api.md §4.3) or a list, as a sorted list. */
function chosenOptions(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value)) {
    return value.every((option) => typeof option === 'string') ? value.toSorted() : undefined
  }
  const options = Object.entries(value)
  return options.every(([, chosen]) => chosen === true) ? options.map(([name]) => name).sort() : undefined
}

/** Older replies had numbers as text, some with blanks (docs/spark-api.md §4.1). */
function numberOf(value: unknown, isFit: (number: number) => boolean): number | undefined {
  const isText = typeof value === 'string' && value.trim() !== ''
  const number = typeof value === 'number' || isText ? Number(value) : Number.NaN
  // Avro's two zeros are the same number.
  return isFit(number) ? number + 0 : undefined
}

function isDay(text: string): boolean {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)
}

function validTime(ms: number): number | undefined {
  return Number.isNaN(ms) ? undefined : ms
}
