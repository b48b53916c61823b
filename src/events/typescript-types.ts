/** TypeScript types of records as a reader has them: dates and timestamps as ISO 8601 text (compile-type.ts). */
import { EventError } from './event-error.ts'
import { findRecord, parseAvroRecord, type AvroRecord } from './avro-record.ts'
import { shapeOf } from './avro-type-text.ts'

/** Of an empty `StandardFields`: any field that a source may have. */
const ANY_FIELDS = 'Readonly<Record<string, string | number | boolean | readonly string[] | null>>'

const PRIMITIVES: ReadonlyMap<string, string> = new Map([
  ['null', 'null'],
  ['string', 'string'],
  ['boolean', 'boolean'],
  ['int', 'number'],
  ['long', 'number'],
  ['float', 'number'],
  ['double', 'number'],
])
const LOGICAL: ReadonlyMap<string, string> = new Map([
  ['date', 'DateText'],
  ['timestamp-millis', 'InstantText'],
])
const TEXTS = [
  '/** Date, `YYYY-MM-DD`. */\nexport type DateText = string\n',
  '/** Instant in UTC, `YYYY-MM-DDTHH:mm:ss.sssZ`. */\nexport type InstantText = string\n',
]

/**
 * A module that needs no other one, from JSON texts of record schemas; the docs stand as TSDoc. Type aliases, not
 * interfaces: only they can be assigned to a type with an index, as the one for any source is.
 *
 * @throws {EventError} EVENT_UNREADABLE if a text is not the schema of a record, or has a type that no event has
 */
export function typescriptTypes(schemas: readonly string[], comment: string): string {
  const declared = new Map<string, string>()
  for (const schema of schemas) declareRecord(parseAvroRecord(schema), declared)
  return [`// ${comment}\n`, ...TEXTS, ...declared.values()].join('\n')
}

/** Those that a type uses come before it. The first one of a name counts. */
function declareRecord(record: AvroRecord, declared: Map<string, string>): string {
  const { name } = record
  if (declared.has(name)) return name
  const members = record.fields.map((field) => {
    const type = typeOf(field.type, declared)
    return `${tsdoc(field.doc, '  ')}  readonly ${field.name}: ${type}\n`
  })
  const body = members.length === 0 ? ANY_FIELDS : `{\n${members.join('')}}`
  declared.set(name, `${tsdoc(record.doc, '')}export type ${name} = ${body}\n`)
  return name
}

function typeOf(type: unknown, declared: Map<string, string>): string {
  const record = type !== null && !Array.isArray(type) ? findRecord(type) : undefined
  if (record !== undefined) return declareRecord(record, declared)
  const shape = shapeOf(type)
  switch (shape?.kind) {
    case 'primitive':
      // A named type that was declared before goes by its name.
      return PRIMITIVES.get(shape.name) ?? known(shape.name, declared)
    case 'logical':
      return LOGICAL.get(shape.name) ?? unknownType(type)
    case 'enum': {
      const symbols = shape.symbols.map((symbol) => `'${symbol}'`).join(' | ')
      if (!declared.has(shape.name)) {
        declared.set(shape.name, `${tsdoc(docOf(type), '')}export type ${shape.name} = ${symbols}\n`)
      }
      return shape.name
    }
    case 'array': {
      const items = typeOf(shape.of, declared)
      return `readonly ${items.includes(' ') ? `(${items})` : items}[]`
    }
    case 'map':
      return `Readonly<Record<string, ${typeOf(shape.of, declared)}>>`
    case 'union': {
      const others = shape.branches.filter((branch) => branch !== 'null')
      const branches = others.map((branch) => typeOf(branch, declared))
      return [...branches, ...(others.length < shape.branches.length ? ['null'] : [])].join(' | ')
    }
    case 'named':
    case undefined:
      return unknownType(type)
  }
}

function known(name: string, declared: ReadonlyMap<string, string>): string {
  const short = name.slice(name.lastIndexOf('.') + 1)
  return declared.has(short) ? short : unknownType(name)
}

function unknownType(type: unknown): never {
  throw new EventError(`A schema of the registry has a type that no event has: ${JSON.stringify(type)}.`)
}

function docOf(type: unknown): string | undefined {
  return typeof type === 'object' && type !== null && 'doc' in type && typeof type.doc === 'string'
    ? type.doc
    : undefined
}

/** Labels are the source's own text: they must not end the comment. */
function tsdoc(doc: string | undefined, indent: string): string {
  if (doc === undefined || doc === '') return ''
  const text = doc.replaceAll(/\s+/g, ' ').replaceAll('*/', '* /').trim()
  return `${indent}/** ${text} */\n`
}
