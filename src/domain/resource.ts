import type { Instant } from './instant.ts'

/** Also the name of its topic after the prefix, and the first half of its keys in `checkpoints`. */
export type ResourceName<Text extends string = string> = Text & { readonly __brand: 'ResourceName' }

// It becomes a part of topic names, record keys, LevelDB keys, HTTP paths and metric labels.
const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/

/** Undefined unless `text` is words of lower-case letters and digits with `-` between them. */
export function parseResourceName(text: string): ResourceName | undefined {
  return isResourceName(text) ? text : undefined
}

function isResourceName<Text extends string>(text: Text): text is ResourceName<Text> {
  return NAME.test(text) && text.length <= 64
}

/** One set of a record's parts that has its own change stamp (docs/spark-api.md §2.9). */
export interface Subresource {
  readonly name: string
  /** The field of the parent that moves when the set changes; its value may be null (docs/spark-api.md §2.9). */
  readonly stampField: string
}

/** Where the fields of a record come from, and where they stand in it. */
interface ResourceFields {
  /** `metadata`: the schema follows the source's description of its fields; `schema`: it is written by hand. */
  readonly from: 'metadata' | 'schema'
  /** `top`: they are members of the record itself. */
  readonly at: 'StandardFields' | 'top'
}

/** Names in the events of a resource, whose Avro schemas are in `schemas/` and in the namespace `listingstream`. */
export interface EventNames {
  /** Avro records of the two events. */
  readonly upserted: string
  readonly deleted: string
  /** Their field that holds the record's key. */
  readonly key: string
  /** The last field of `upserted`, a nullable record: the content (R5). */
  readonly content: string
  /** The field of the content whose record holds the fields of the source. */
  readonly fields: string
}

/** All that the program knows of a resource. Plain data: it also goes to the thread that reads pages. */
export interface ResourceDescription<Name extends string = string> {
  readonly name: ResourceName<Name>
  /** Path on the API host. */
  readonly path: string
  readonly keyField: string
  /** The field that moves with every change; null: the resource has none, and is walked whole and compared by content. */
  readonly stamp: string | null
  /** Largest `_limit` that a replication key may send (docs/spark-api.md §2.2). */
  readonly maxLimit: number
  readonly fields: ResourceFields
  /** What `_expand` may name. */
  readonly expandable: readonly string[]
  /** Fields that change by themselves: they travel with an event and make none (R5). */
  readonly volatileFields: readonly string[]
  readonly events: EventNames
  readonly subresources: readonly Subresource[]
}

/** @throws {TypeError} if the name cannot be a resource's, or a page would have no room for a second record */
export function defineResource<const Name extends string>(
  description: Omit<ResourceDescription, 'name'> & { readonly name: Name },
): ResourceDescription<Name> {
  const { name } = description
  if (!isResourceName(name)) throw new TypeError(`${JSON.stringify(name)} is not a resource name`)
  if (description.maxLimit < 2) throw new TypeError(`${name}: two records must fit on a page`)
  return { ...description, name }
}

/** Change stamps by subresource name; null where the source says null or says nothing. */
export type ChangeStamps = Readonly<Record<string, Instant | null>>
