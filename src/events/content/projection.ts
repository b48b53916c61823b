import type { LooseValue } from '../../domain/content.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts'
import { MASKED } from '../../domain/masked.ts'
import type { RecordKey } from '../../domain/record-key.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import type { AvroRecord } from '../schema/avro-record.ts'
import { volatileFieldsOf, type EventOptions } from '../schema/event-schema.ts'
import { safeName, valueText } from './canonical-json.ts'
import { CUSTOM_FIELDS_MEMBERS, readCustomFields, type CustomFieldValue } from './custom-fields.ts'
import { looseText } from './field-value.ts'
import { Findings } from './findings.ts'
import { PATHS, PLAIN_NAMES, type Place } from './place.ts'
import { RecordReader, type FieldRole, type RowConstructor } from './record-reader.ts'
import { followsFromAsking, isKeyAgain } from './way-of-asking.ts'

/** The content record as avsc takes it. Maps and sets are sorted (R5). */
export interface ContentRecord {
  readonly customFields: Readonly<Record<string, CustomFieldValue>>
  readonly maskedFields: readonly string[]
  readonly unmappedFields: Readonly<Record<string, string>>
  /** The fields of the source, under the name that the event has for them. */
  readonly [fields: string]: unknown
}

export interface Projected {
  readonly content: ContentRecord
  readonly volatileFields: Readonly<Record<string, LooseValue>>
  /** Fields whose values stand in `unmappedFields`, each once. */
  readonly unmapped: readonly string[]
  /** They are told with the masked ones, but masking them is no change of the content (R5). */
  readonly maskedVolatile: readonly string[]
}

export interface ProjectionOptions extends EventOptions {
  /** The schema of the content. */
  readonly content: AvroRecord
  /** That of the record in it that holds the source's fields. */
  readonly fields: AvroRecord
  /** The constructor that avsc made for a record of the schema. */
  readonly rowOf: (record: AvroRecord) => RowConstructor
}

const EMPTY: Readonly<Record<string, never>> = Object.freeze({})
const NO_NAMES: readonly string[] = Object.freeze([])
const CUSTOM_FIELDS = 'customFields'

/** What a member of the record itself is judged by, beside its name and value. */
export interface Surroundings {
  readonly key: RecordKey
  /** The member whose custom fields are read: several would show the same ones. */
  readonly custom: string | undefined
  /**
   * As earlier versions of this program did it, to whom the members that follow from the way of asking were content.
   * @default false
   */
  readonly formerly?: boolean
}

/** From the source's JSON to the content record of one schema. Nothing gets lost on the way (R12). */
export class Projection {
  readonly resource: ResourceDescription
  /** Of the record that holds the source's fields. */
  readonly reader: RecordReader
  /** Where the fields stand. */
  readonly place: Place
  readonly #hasCustomFields: boolean
  #lastMasked = NO_NAMES
  #lastMaskedSorted = NO_NAMES

  constructor(options: ProjectionOptions) {
    const { resource, content, fields, rowOf } = options
    this.resource = resource
    this.reader = new RecordReader(fields, { rowOf, readers: new Map() }, rolesOf(options))
    this.place = resource.fields.from === 'metadata' ? PLAIN_NAMES : PATHS
    this.#hasCustomFields = content.fields.some(({ name }) => name === CUSTOM_FIELDS)
  }

  /** @param formerly as in `Surroundings` */
  project(key: RecordKey, body: JsonObject, formerly = false): Projected {
    const found = new Findings()
    const fields = this.reader
    fields.begin()
    const custom = CUSTOM_FIELDS_MEMBERS.find((name) => body[name] !== undefined && body[name] !== null)
    const surroundings = { key, custom, formerly }
    for (const name in body) {
      const member = body[name] ?? null
      if (member !== null) this.take(name, member, surroundings, found)
    }
    return {
      content: {
        [this.resource.events.fields]: fields.row(),
        customFields: found.custom ?? EMPTY,
        maskedFields: found.masked.length === 0 ? NO_NAMES : this.sorted(found.masked),
        unmappedFields: unmappedOf(found),
      },
      volatileFields: volatileOf(found),
      unmapped: unmappedNames(found),
      maskedVolatile: found.maskedVolatile,
    }
  }

  /** A member of the record itself; the values of fields are in `reader` from then on. */
  take(name: string, member: Exclude<JsonValue, null>, around: Surroundings, found: Findings): void {
    if (this.#takeFields(name, member, found) || isKeyAgain(name, member, around.key)) return
    if (around.formerly !== true && followsFromAsking(name)) {
      found.volatile.push([this.#memberName(name), looseText(member)])
      return
    }
    const custom = this.#hasCustomFields && name === around.custom ? readCustomFields(member) : undefined
    if (custom === undefined) {
      this.#keepMember(name, member, found)
      return
    }
    found.custom = toMap(custom.values)
    found.masked.push(...custom.masked)
    for (const [field, text] of custom.unmapped) found.unmapped.push({ path: field, field, text })
  }

  /** Of the fields that the schema has, as in `Projected.unmapped`. */
  fieldNames(): readonly string[] {
    return [...this.reader.fieldNames(this.place)]
  }

  /**
   * Each name once. The same fields are masked in nearly every record of a user, so that the last answer is likely to be
   * this one, and then it is the same list.
   */
  sorted(masked: readonly string[]): readonly string[] {
    if (!sameNames(masked, this.#lastMasked)) {
      this.#lastMasked = [...masked]
      this.#lastMaskedSorted = [...new Set(masked)].sort()
    }
    return this.#lastMaskedSorted
  }

  /** Whether the member is one of the source's fields, or holds them. */
  #takeFields(name: string, member: Exclude<JsonValue, null>, found: Findings): boolean {
    if (this.resource.fields.at === 'top') return this.reader.take(name, member, this.place, found)
    if (name !== 'StandardFields' || !isJsonObject(member)) return false
    this.reader.takeAll(member, this.place, found)
    return true
  }

  /** A member that the schema does not know. */
  #keepMember(name: string, member: JsonValue, found: Findings): void {
    const isMaskedField = member === MASKED && this.resource.fields.at === 'top'
    if (isMaskedField) found.masked.push(this.place.field(name))
    else {
      const path = this.#memberName(name)
      found.unmapped.push({ path, field: path, text: valueText(member) })
    }
  }

  /** Of a member of the record itself. */
  #memberName(name: string): string {
    return this.resource.fields.at === 'top' ? this.place.path(name) : `$.${safeName(name)}`
  }
}

/** As `Projected` has them. */
export function volatileOf({ volatile }: Findings): Projected['volatileFields'] {
  return volatile.length === 0 ? EMPTY : toMap(volatile.toSorted(byName))
}

/** As the content has them. */
export function unmappedOf({ unmapped }: Findings): ContentRecord['unmappedFields'] {
  if (unmapped.length === 0) return EMPTY
  return toMap(unmapped.map(({ path, text }): [string, string] => [path, text]).sort(byName))
}

/** As in `Projected.unmapped`. */
export function unmappedNames({ unmapped }: Findings): readonly string[] {
  return unmapped.length === 0 ? NO_NAMES : [...new Set(unmapped.map(({ field }) => field))]
}

/** Fields that are no content. */
function rolesOf(options: ProjectionOptions): ReadonlyMap<string, FieldRole> {
  const { fields, resource } = options
  // Earlier versions of the schema did not name them.
  const volatile = fields.volatile ?? volatileFieldsOf(options)
  const roles = new Map(volatile.map((name): [string, FieldRole] => [name, 'volatile']))
  return resource.stamp === null ? roles : roles.set(resource.stamp, 'timestamp')
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  if (a[0] === b[0]) return 0
  return a[0] < b[0] ? -1 : 1
}

function toMap<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  const map: Record<string, T> = Object.create(null)
  for (const [name, value] of entries) map[name] = value
  return map
}
