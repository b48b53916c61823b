/** From Avro bytes straight to JSON text, without a value in between. */
import { garbled, type AvroBytes } from './avro-bytes.ts'
import type { AvroType, TypedField } from './avro-type.ts'
import { dayText, instantText } from './calendar-text.ts'
import { JsonBytes } from './json-bytes.ts'

/** Takes the next value; answers its JSON text. Members of records that are null are left out. */
export type JsonReader = (bytes: AvroBytes) => string

/** Writes the JSON of the next value; answers whether that is null. */
type JsonWriter = (bytes: AvroBytes, out: JsonBytes) => boolean

/** One at a time: reading is synchronous. */
const shared = new JsonBytes()

export function jsonReader(type: AvroType): JsonReader {
  const write = jsonWriter(type)
  return (bytes) => {
    // What was garbled may have left something.
    shared.rewind(0)
    write(bytes, shared)
    return shared.take()
  }
}

function jsonWriter(type: AvroType): JsonWriter {
  switch (type.kind) {
    case 'null':
      return (_bytes, out) => raw(out, 'null', true)
    case 'boolean':
      return (bytes, out) => raw(out, bytes.boolean() ? 'true' : 'false')
    case 'long':
      return (bytes, out) => raw(out, String(bytes.long()))
    case 'double':
      return (bytes, out) => number(out, bytes.double())
    case 'float':
      return (bytes, out) => number(out, bytes.float())
    case 'text':
      return (bytes, out) => {
        bytes.textInto(out)
        return false
      }
    case 'date':
      return (bytes, out) => raw(out, `"${dayText(bytes.long())}"`)
    case 'timestamp':
      return (bytes, out) => raw(out, `"${instantText(bytes.long())}"`)
    case 'enum': {
      const symbols = type.symbols.map((symbol) => JSON.stringify(symbol))
      return (bytes, out) => raw(out, symbols[bytes.long()] ?? fail())
    }
    case 'array':
      return arrayWriter(jsonWriter(type.of))
    case 'map':
      return mapWriter(jsonWriter(type.of))
    case 'record':
      return recordWriter(type.fields)
    case 'union': {
      const branches = type.branches.map(jsonWriter)
      return (bytes, out) => (branches[bytes.long()] ?? fail)(bytes, out)
    }
  }
}

function raw(out: JsonBytes, text: string, isNull = false): boolean {
  out.raw(text)
  return isNull
}

/** As `JSON.stringify` has it. */
function number(out: JsonBytes, value: number): boolean {
  return Number.isFinite(value) ? raw(out, String(value === 0 ? 0 : value)) : raw(out, 'null', true)
}

function arrayWriter(item: JsonWriter): JsonWriter {
  return (bytes, out) => {
    out.raw('[')
    let isFirst = true
    for (let size = bytes.blockSize(); size > 0; size = bytes.blockSize()) {
      for (let i = 0; i < size; i += 1) {
        if (!isFirst) out.raw(',')
        isFirst = false
        item(bytes, out)
      }
    }
    return raw(out, ']')
  }
}

function mapWriter(value: JsonWriter): JsonWriter {
  return (bytes, out) => {
    out.raw('{')
    let isFirst = true
    for (let size = bytes.blockSize(); size > 0; size = bytes.blockSize()) {
      for (let i = 0; i < size; i += 1) {
        if (!isFirst) out.raw(',')
        isFirst = false
        bytes.textInto(out)
        out.raw(':')
        value(bytes, out)
      }
    }
    return raw(out, '}')
  }
}

function recordWriter(fields: readonly TypedField[]): JsonWriter {
  // Names of Avro are ASCII and need no escapes.
  const members = fields.map(({ name, type }) => ({ name: `,"${name}":`, write: jsonWriter(type) }))
  return (bytes, out) => {
    out.raw('{')
    let isFirst = true
    for (const { name, write } of members) {
      const before = out.end
      out.raw(isFirst ? name.slice(1) : name)
      if (write(bytes, out)) out.rewind(before)
      else isFirst = false
    }
    return raw(out, '}')
  }
}

function fail(): never {
  throw garbled()
}
