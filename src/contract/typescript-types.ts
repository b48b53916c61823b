/** TypeScript types of records as a reader has them: dates and timestamps as ISO 8601 text (compile-type.ts). */
import { printable } from '../support/printable.ts'
import { quoteForeign } from '../support/secrets.ts'
import { EventError } from '../events/event-error.ts'
import { findRecord, parseAvroRecord, type AvroRecord } from '../events/schema/avro-record.ts'
import { shapeOf } from '../events/schema/avro-type-text.ts'
import { eventRecords, type ResourceDescription } from '../domain/resource.ts'
import { contractName } from './contract-name.ts'

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

export interface DescribedTypes {
  /** JSON texts of record schemas. */
  readonly schemas: readonly string[]
  /** Their records are among those of the schemas. */
  readonly resources: readonly ResourceDescription[]
  /** Of the whole module. */
  readonly comment: string
}

/**
 * A module that needs no other one, from the schemas of records; the docs stand as TSDoc. Type aliases, not interfaces:
 * only they can be assigned to a type with an index, as the one for any source is.
 *
 * @throws {EventError} EVENT_UNREADABLE if a text is not the schema of a record, has a type that no event has, or gives a
 * name to another type than one before
 */
export function typescriptTypes({ schemas, resources, comment }: DescribedTypes): string {
  const declared: Declared = new Map()
  for (const schema of schemas) declareRecord(parseAvroRecord(schema), declared)
  for (const resource of resources) declareEvent(resource, declared)
  const types = [...declared].map(
    ([name, { doc, body }]) => `${tsdoc(doc, '')}export type ${name} = ${body}\n`,
  )
  return [`// ${printable(comment)}\n`, ...TEXTS, ...types].join('\n')
}

interface Declaration {
  readonly doc: string | undefined
  readonly body: string
  /** Of an enum. */
  readonly symbols?: readonly string[]
}

/** By name. Those that a type uses come before it. */
type Declared = Map<string, Declaration>

/** Schemas may have a record in common: it stays what it was, with the doc of the first. */
function declare(name: string, body: string, doc: string | undefined, declared: Declared): string {
  const earlier = declared.get(name)
  if (earlier !== undefined && earlier.body !== body) {
    throw new EventError(`Schemas of the registry have different types of the name ${quoteForeign(name)}.`)
  }
  if (earlier === undefined) declared.set(name, { doc, body })
  return name
}

/** Schemas may have an enum in common, to which one of them has added symbols: it has those of all, with the doc of the first. */
function declareEnum(
  { name, symbols }: { readonly name: string; readonly symbols: readonly string[] },
  doc: string | undefined,
  declared: Declared,
): string {
  const type = typeName(name)
  const earlier = declared.get(type)
  const all = [...new Set([...(earlier?.symbols ?? []), ...symbols])]
  const body = oneOf(all.map(literal))
  if (earlier !== undefined && earlier.symbols === undefined) return declare(type, body, doc, declared)
  declared.set(type, { doc: earlier?.doc ?? doc, body, symbols: all })
  return type
}

function declareEvent(resource: ResourceDescription, declared: Declared): void {
  const { name } = resource
  const doc = `Value of a record of the topic \`${name}\`; a tombstone is null.`
  declare(contractName(resource, 'Event'), eventRecords(resource).join(' | '), doc, declared)
}

function declareRecord(record: AvroRecord, declared: Declared): string {
  const name = typeName(record.name)
  const members = record.fields.map((field) => {
    const type = typeOf(field.type, declared)
    return `${tsdoc(field.doc, '  ')}  readonly ${memberName(field.name)}: ${type}\n`
  })
  const body = members.length === 0 ? ANY_FIELDS : `{\n${members.join('')}}`
  return declare(name, body, record.doc, declared)
}

function typeOf(type: unknown, declared: Declared): string {
  const record = type !== null && !Array.isArray(type) ? findRecord(type) : undefined
  if (record !== undefined) return declareRecord(record, declared)
  const shape = shapeOf(type)
  switch (shape?.kind) {
    case 'primitive':
      // A named type that was declared before goes by its name.
      return PRIMITIVES.get(shape.name) ?? known(shape.name, declared)
    case 'logical':
      return LOGICAL.get(shape.name) ?? unknownType(type)
    case 'enum':
      return declareEnum(shape, docOf(type), declared)
    case 'array': {
      const items = typeOf(shape.of, declared)
      return `readonly ${items.includes(' ') ? `(${items})` : items}[]`
    }
    case 'map':
      return `Readonly<Record<string, ${typeOf(shape.of, declared)}>>`
    case 'union': {
      const others = shape.branches.filter((branch) => branch !== 'null')
      const branches = others.map((branch) => typeOf(branch, declared))
      return oneOf([...branches, ...(others.length < shape.branches.length ? ['null'] : [])])
    }
    case 'named':
    case undefined:
      return unknownType(type)
  }
}

/** As the Avro specification has names; the registry of another origin may hold others. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
/** Words that a type cannot be called, or that the types here mean something else by. */
const TAKEN: ReadonlySet<string> = new Set(
  `any as async await bigint boolean break case catch class const continue debugger declare default delete do else enum
  export extends false finally for from function get if implements import in infer instanceof interface intrinsic is keyof
  let module namespace never new null number object of package private protected public readonly require return set static
  string super switch symbol this throw true try type typeof undefined unique unknown var void while with yield
  DateText InstantText Readonly Record`.split(/\s+/),
)

/** @throws {EventError} EVENT_UNREADABLE if it would be read as anything but the name of a new type */
function typeName(name: string): string {
  if (NAME.test(name) && !TAKEN.has(name)) return name
  throw new EventError(`A schema of the registry has a name that no type can have: ${quoteForeign(name)}.`)
}

function memberName(name: string): string {
  return NAME.test(name) ? name : JSON.stringify(name)
}

function literal(symbol: string): string {
  return NAME.test(symbol) ? `'${symbol}'` : JSON.stringify(symbol)
}

function oneOf(types: readonly string[]): string {
  return types.length === 0 ? 'never' : types.join(' | ')
}

function known(name: string, declared: Declared): string {
  const short = name.slice(name.lastIndexOf('.') + 1)
  return declared.has(short) ? short : unknownType(name)
}

function unknownType(type: unknown): never {
  throw new EventError(
    `A schema of the registry has a type that no event has: ${quoteForeign(JSON.stringify(type))}.`,
  )
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
