/** From Avro bytes straight to JSON text, without a value in between. */
import { garbled, type AvroBytes } from './avro-bytes.ts'
import type { AvroType, TypedField } from './avro-type.ts'
import { dayText, instantText } from './calendar-text.ts'

/** Takes the next value; answers its JSON text. Members of records that are null are left out. */
export type JsonReader = (bytes: AvroBytes) => string

const NULL = 'null'

export function jsonReader(type: AvroType): JsonReader {
  switch (type.kind) {
    case 'null':
      return () => NULL
    case 'boolean':
      return (bytes) => (bytes.boolean() ? 'true' : 'false')
    case 'long':
      return (bytes) => String(bytes.long())
    case 'double':
      return (bytes) => numberText(bytes.double())
    case 'float':
      return (bytes) => numberText(bytes.float())
    case 'text':
      return (bytes) => bytes.jsonText()
    case 'date':
      return (bytes) => `"${dayText(bytes.long())}"`
    case 'timestamp':
      return (bytes) => `"${instantText(bytes.long())}"`
    case 'enum': {
      const symbols = type.symbols.map((symbol) => JSON.stringify(symbol))
      return (bytes) => symbols[bytes.long()] ?? fail()
    }
    case 'array':
      return arrayReader(jsonReader(type.of))
    case 'map':
      return mapReader(jsonReader(type.of))
    case 'record':
      return recordReader(type.fields)
    case 'union': {
      const branches = type.branches.map(jsonReader)
      return (bytes) => (branches[bytes.long()] ?? fail)(bytes)
    }
  }
}

/** As `JSON.stringify` has it. */
function numberText(value: number): string {
  return Number.isFinite(value) ? String(value === 0 ? 0 : value) : NULL
}

function arrayReader(item: JsonReader): JsonReader {
  return (bytes) => {
    let text = '['
    for (let size = bytes.blockSize(); size > 0; size = bytes.blockSize()) {
      for (let i = 0; i < size; i += 1) text += text === '[' ? item(bytes) : `,${item(bytes)}`
    }
    return `${text}]`
  }
}

function mapReader(value: JsonReader): JsonReader {
  return (bytes) => {
    let text = '{'
    for (let size = bytes.blockSize(); size > 0; size = bytes.blockSize()) {
      for (let i = 0; i < size; i += 1) {
        text += `${text === '{' ? '' : ','}${bytes.jsonText()}:`
        text += value(bytes)
      }
    }
    return `${text}}`
  }
}

function recordReader(fields: readonly TypedField[]): JsonReader {
  const members = fields.map(({ name, type }) => ({
    name: `${JSON.stringify(name)}:`,
    read: jsonReader(type),
  }))
  return (bytes) => {
    let text = '{'
    for (const { name, read } of members) {
      const value = read(bytes)
      if (value !== NULL) text += text === '{' ? name + value : `,${name}${value}`
    }
    return `${text}}`
  }
}

function fail(): never {
  throw garbled()
}
