import type { SchemaId } from '../../../domain/content.ts'
import { eventRecords, type ResourceDescription } from '../../../domain/resource.ts'
import { PATHS, PLAIN_NAMES, type Place } from '../../../events/content/place.ts'
import { findRecord, parseAvroRecord, type AvroRecord } from '../../../events/schema/avro-record.ts'
import { isMembers } from '../members.ts'
import { LeftOver } from './left-over.ts'
import { NamedTypes } from './named-types.ts'
import { ReaderSchemaError } from './reader-schema-error.ts'
import { SAME, ViewMaker, type View } from './view-maker.ts'

type Described = Pick<ResourceDescription, 'name' | 'fields' | 'events'>

/** A value as its writer's schema has it, dates and timestamps as text. */
export interface WrittenValue {
  readonly schemaId: SchemaId
  /** The writer's schema. */
  readonly record: AvroRecord
  readonly value: unknown
}

const UNMAPPED = 'unmappedFields'

/**
 * Shows values as if they had been written with the schemas that a subscriber knows, so that a field which the source gets
 * tomorrow changes nothing in what it sees but `unmappedFields` (R12):
 *
 * - what the schema has no field for, or one of another type, stands there as JSON text, under the path that the publisher
 *   would have given it (without a time zone or a number's zeros, if the source wrote them so);
 * - fields that the writer did not have hold their defaults: null, or an empty list;
 * - symbols that the schema does not know are its default, `UNKNOWN`.
 */
export class ReaderSchemas {
  readonly #resource: Described
  readonly #readers: ReadonlyMap<string, AvroRecord>
  readonly #views = new Map<SchemaId, View>()
  readonly #place: Place

  /**
   * @param texts JSON texts of versions of the resource's events, one of each at most; values of the others stay as they were written
   * @throws {ReaderSchemaError} CONSUMER_READER_SCHEMA if a text is none of that
   */
  constructor(resource: Described, texts: readonly string[]) {
    this.#resource = resource
    this.#place = resource.fields.from === 'metadata' ? PLAIN_NAMES : PATHS
    const readers = new Map<string, AvroRecord>()
    for (const text of texts) {
      const reader = parse(text)
      requireUsable(reader, resource)
      if (readers.has(reader.name))
        throw new ReaderSchemaError(`There are two reader schemas for ${reader.name}.`)
      readers.set(reader.name, reader)
    }
    this.#readers = readers
  }

  /** @throws {ReaderSchemaError} CONSUMER_READER_SCHEMA if the writer's schema is no version of the same event as the reader's */
  see({ schemaId, record, value }: WrittenValue): unknown {
    let view = this.#views.get(schemaId)
    if (view === undefined) {
      view = this.#viewOf(record)
      this.#views.set(schemaId, view)
    }
    return view(value, { place: this.#place, name: '', left: undefined })
  }

  #viewOf(writer: AvroRecord): View {
    const reader = this.#readers.get(writer.name)
    if (reader === undefined) return SAME
    const views = new ViewMaker(new NamedTypes(writer), new NamedTypes(reader))
    const { events } = this.#resource
    if (writer.name !== events.upserted) return views.record(writer, reader, 'drop')
    const contents = bothHave(writer, reader, events.content)
    const fields = bothHave(...contents, events.fields)
    const fieldsView = views.nullable(views.record(...fields, 'keep'))
    if (fieldsView === SAME) return views.record(writer, reader, 'drop')
    const content = views.record(...contents, 'drop', { [events.fields]: fieldsView })
    return views.record(writer, reader, 'drop', { [events.content]: views.nullable(withLeftOver(content)) })
  }
}

function parse(text: string): AvroRecord {
  try {
    return parseAvroRecord(text)
  } catch (cause) {
    throw new ReaderSchemaError('A reader schema is not the JSON of an Avro record.', { cause })
  }
}

function requireUsable(reader: AvroRecord, resource: Described): void {
  const { events, name } = resource
  const known = eventRecords(resource)
  if (!known.includes(reader.name)) {
    throw new ReaderSchemaError(
      `A reader schema is of ${reader.name}, but the topic of ${name} has ${known.join(' and ')}.`,
    )
  }
  if (reader.name !== events.upserted) return
  const content = recordIn(reader, events.content)
  const fields = content === undefined ? undefined : recordIn(content, events.fields)
  if (fields !== undefined && content?.fields.some((field) => field.name === UNMAPPED) === true) return
  throw new ReaderSchemaError(
    `The reader schema of ${reader.name} has no ${events.content}.${events.fields}, or no ${events.content}.${UNMAPPED}.`,
  )
}

function recordIn(record: AvroRecord, name: string): AvroRecord | undefined {
  return findRecord(record.fields.find((field) => field.name === name)?.type)
}

function bothHave(writer: AvroRecord, reader: AvroRecord, name: string): readonly [AvroRecord, AvroRecord] {
  const both = [recordIn(writer, name), recordIn(reader, name)] as const
  if (both[0] !== undefined && both[1] !== undefined) return [both[0], both[1]]
  throw new ReaderSchemaError(
    `Values were written with a schema of ${writer.name} that has no record ${name}.`,
  )
}

/** The content with what is left over of its fields beside what the publisher left over. */
function withLeftOver(content: View): View {
  return (value, at) => {
    const left = new LeftOver(unmappedOf(value))
    const seen = content(value, { ...at, left })
    return isMembers(seen) ? { ...seen, [UNMAPPED]: left.toRecord() } : seen
  }
}

function unmappedOf(content: unknown): Readonly<Record<string, string>> {
  const unmapped = isMembers(content) ? content[UNMAPPED] : undefined
  const texts = isMembers(unmapped) ? Object.entries(unmapped) : []
  return Object.fromEntries(texts.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}
