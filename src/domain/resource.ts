import type { Instant } from './instant.ts'
import { WHOLE, type Scope } from './scope.ts'

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

/** A field by which the source tells that a set of parts of a record changed (docs/spark-api.md §2.9). */
export interface ChangeStamp {
  readonly name: string
  /** Of the record; its value may be null. */
  readonly field: string
}

/** Where the fields of a record come from, and where they stand in it. */
interface ResourceFields {
  /**
   * `metadata`: the schema follows the source's description of its fields, which it has of those in `StandardFields` alone
   * (docs/spark-api.md §4.9); `schema`: it is written by hand.
   */
  readonly from: 'metadata' | 'schema'
  /** `top`: they are members of the record itself. */
  readonly at: 'StandardFields' | 'top'
}

/** Names in the events of a resource, whose Avro schemas are in `schemas/` and in the namespace `listingstream`. */
interface EventNames {
  /** Avro record of the event that has the content. */
  readonly upserted: string
  /** Of the event that says that the key is gone; the type of the tombstone where that comes alone. */
  readonly deleted: string
  /** What a delete leaves in the topic (R13). */
  readonly deletion: 'event-and-tombstone' | 'tombstone'
  /** Their field that holds the record's key. */
  readonly key: string
  /** The last field of `upserted`, a nullable record: the content (R5). */
  readonly content: string
  /** The field of the content whose record holds the fields of the source. */
  readonly fields: string
}

/** Names in its topic of rows, for tools that know tables alone (setting `ROW_TOPICS`). */
interface RowNames {
  /** Name of the topic after the prefix. No resource has it. */
  readonly topic: string
  /** Avro record of a row. */
  readonly record: string
  /** Its field that holds the record's key. */
  readonly key: string
}

/** What is published under one topic. Plain data: it also goes to the thread that reads pages. */
export interface ResourceDescription<Name extends string = string> {
  readonly name: ResourceName<Name>
  readonly keyField: string
  /** The field that moves with every change; null: there is none, so that content alone is compared. */
  readonly stamp: string | null
  readonly fields: ResourceFields
  /** Fields that change by themselves: they travel with an event and make none (R5). */
  readonly volatileFields: readonly string[]
  /** Their values travel in a header of each record, in this order. */
  readonly changeStamps: readonly ChangeStamp[]
  readonly events: EventNames
  readonly rows: RowNames
}

/** By what a person knows a record that is to be deleted (R10). */
interface RecordFact {
  /** In reports. */
  readonly name: string
  /** Of the source: the first of them that has a value, a text or a number. */
  readonly fields: readonly [string, ...string[]]
  /** Whether records are also counted by it; not where each has its own. */
  readonly isShared: boolean
}

/** Of the source a text, of the delete a nullable one. */
interface LastField {
  /** In the event `deleted`. */
  readonly name: string
  /** Of the source. */
  readonly field: string
}

/** A list whose records have an `Id` each (docs/spark-api.md §1.3). Without a stamp it is walked whole. */
export interface ListedResource<Name extends string = string> extends ResourceDescription<Name> {
  /** Path on the API host. */
  readonly path: string
  /** Largest `_limit` that a replication key may send (docs/spark-api.md §2.2). */
  readonly maxLimit: number
  readonly scope: Scope
  readonly facts: readonly RecordFact[]
  /** What of its last event a delete says again. @default nothing */
  readonly lastFields?: readonly LastField[]
  /** Those that are replicated with it; none until they are chosen. */
  readonly subresources: readonly Subresource[]
}

/**
 * The set of one kind of parts of each record of a listed resource, published whole (docs/spark-api.md §4.5–4.7). Its key is
 * that record's, and it has exactly one change stamp: what the record says of the set, or, where it says nothing, the
 * record's own stamp.
 */
export interface Subresource<Name extends string = string> extends ResourceDescription<Name> {
  readonly parent: ResourceName
  /** Last part of its path below a record, and its name in the setting `SUBRESOURCES`. */
  readonly part: string
  /** In `_expand`, and the member of an expanded record that holds the set (docs/spark-api.md §2.5). */
  readonly expansion: string
  readonly changeStamps: readonly [ChangeStamp]
}

/** Names of the Avro records that its topic has: a tombstone alone is none. */
export function eventRecords({ events }: Pick<ResourceDescription, 'events'>): readonly string[] {
  const { upserted, deleted, deletion } = events
  return deletion === 'tombstone' ? [upserted] : [upserted, deleted]
}

/** All that has a topic: a set goes after what it is a part of. */
export function published(resources: readonly ListedResource[]): readonly Replicated[] {
  return resources.flatMap((resource) => [resource, ...resource.subresources])
}

/**
 * In its whole scope.
 *
 * @throws {TypeError} if the name cannot be a resource's, a page would have no room for a second record, or the metadata does
 *   not tell of the fields
 */
export function defineResource<const Name extends string>(
  description: Omit<ListedResource, 'name' | 'scope'> & { readonly name: Name },
): ListedResource<Name> {
  const { name, maxLimit, fields } = description
  if (!isResourceName(name)) throw new TypeError(`${JSON.stringify(name)} is not a resource name`)
  if (maxLimit < 2) throw new TypeError(`${name}: two records must fit on a page`)
  if (fields.from === 'metadata' && fields.at === 'top') {
    throw new TypeError(
      `${name}: the metadata describes fields in StandardFields alone; write a schema by hand`,
    )
  }
  return { ...description, name, scope: WHOLE }
}

export type Replicated = ListedResource | Subresource

export function isSubresource(resource: Replicated): resource is Subresource {
  return 'parent' in resource
}

/** @throws {TypeError} if a name cannot be a resource's */
export function defineSubresource<const Name extends string>(
  description: Omit<Subresource, 'name' | 'parent'> & { readonly name: Name; readonly parent: string },
): Subresource<Name> {
  const { name, parent } = description
  if (!isResourceName(name)) throw new TypeError(`${JSON.stringify(name)} is not a resource name`)
  if (!isResourceName(parent)) throw new TypeError(`${JSON.stringify(parent)} is not a resource name`)
  return { ...description, name, parent }
}

/** Change stamps by name; null where the source says null or says nothing. */
export type ChangeStamps = Readonly<Record<string, Instant | null>>
