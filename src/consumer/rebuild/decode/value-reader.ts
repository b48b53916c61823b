import { garbled, type AvroBytes } from './avro-bytes.ts'
import { withoutNull, type AvroType } from './avro-type.ts'
import { dayText, instantText } from './calendar-text.ts'
import { jsonReader } from './json-reader.ts'
import type { ColumnType, ColumnValue } from '../store.ts'

/** Takes the next value, as a column has it. */
export type ValueReader = (bytes: AvroBytes) => ColumnValue

/** What a column holds of a field of that type. */
export function columnTypeOf(type: AvroType): ColumnType {
  const held = withoutNull(type).type
  switch (held.kind) {
    case 'text':
    case 'enum':
      return 'text'
    case 'long':
      return 'integer'
    case 'double':
    case 'float':
      return 'real'
    case 'boolean':
    case 'date':
    case 'timestamp':
      return held.kind
    case 'null':
    case 'array':
    case 'map':
    case 'record':
    case 'union':
      return 'json'
  }
}

export function valueReader(type: AvroType): ValueReader {
  const { type: held, nullBranch } = withoutNull(type)
  const read = presentReader(held)
  if (nullBranch === null) return read
  return (bytes) => {
    const branch = bytes.long()
    if (branch === nullBranch) return null
    if (branch !== 1 - nullBranch) throw garbled()
    return read(bytes)
  }
}

function presentReader(type: AvroType): ValueReader {
  switch (type.kind) {
    case 'text':
      return (bytes) => bytes.text()
    case 'enum':
      return (bytes) => {
        const symbol = type.symbols[bytes.long()]
        if (symbol === undefined) throw garbled()
        return symbol
      }
    case 'long':
      return (bytes) => bytes.long()
    case 'double':
      return (bytes) => finite(bytes.double())
    case 'float':
      return (bytes) => finite(bytes.float())
    case 'boolean':
      return (bytes) => (bytes.boolean() ? 1 : 0)
    case 'date':
      return (bytes) => dayText(bytes.long())
    case 'timestamp':
      return (bytes) => instantText(bytes.long())
    case 'null':
      return () => null
    case 'array':
    case 'map':
    case 'record':
      return jsonReader(type)
    case 'union': {
      const read = jsonReader(type)
      return (bytes) => {
        const text = read(bytes)
        return text === 'null' ? null : text
      }
    }
  }
}

/** The publisher writes no other numbers, and neither JSON nor every store has them. */
function finite(value: number): number | null {
  if (!Number.isFinite(value)) return null
  return value === 0 ? 0 : value
}

/** Passes over the next value. */
export function skipper(type: AvroType): (bytes: AvroBytes) => void {
  if (type.kind === 'text') return (bytes) => bytes.skipText()
  if (type.kind === 'double') return (bytes) => bytes.skip(8)
  return valueReader(type)
}
