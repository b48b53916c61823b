/** What goes between the thread of the passes and the one that reads their pages. Plain data: it is cloned on its way. */
import type { Digest, EncodeResult, LooseValue, SchemaId } from '../../domain/content.ts'
import type { RecordKey } from '../../domain/record-key.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import type { ContentLimit } from '../../events/content/content-encoder.ts'
import type { EventRecipe } from '../../events/schema/event-schemas.ts'
import type { NotUnzipped } from '../../spark/gzip.ts'
import type { PageEnvelope } from '../../spark/page-body.ts'

export interface PageQuestion {
  readonly id: number
  /** The page as it came, from 0 to `length`; goes to the thread and comes back with the answer. */
  readonly body: ArrayBuffer
  readonly length: number
  /** See `PageBytes`. */
  readonly zipped: boolean
  readonly limit: number
  readonly resource: ResourceDescription
  /** Under which schema, and how long, as the encoder of the passes has it; undefined: nothing is to be encoded. */
  readonly encoding: PageEncoding | undefined
}

/** Instead of a question: there is none any more. */
export const END = 'end'

export interface PageEncoding {
  readonly recipe: EventRecipe
  readonly limit: ContentLimit
}

/** While the page is read: see `foreseenToken`. */
interface TokenMessage {
  readonly kind: 'token'
  readonly id: number
  readonly token: string
}

export type ThreadMessage = TokenMessage | PageAnswer

/** One a page. */
export interface PageAnswer {
  readonly kind: 'page'
  readonly id: number
  readonly body: ArrayBuffer
  readonly page: AnsweredPage
}

export type AnsweredPage =
  | { readonly kind: 'envelope'; readonly envelope: PageEnvelope; readonly rows: PageColumns | undefined }
  | { readonly kind: 'no_envelope' }
  | NotJson
  | NotUnzipped

/** `whole`: its bytes are of use. */
interface NotJson {
  readonly kind: 'not_json'
  readonly characters: number
  readonly whole: boolean
}

/**
 * The rows of a page by columns: a thousand objects would take longer on their way than their content takes to be made. A
 * stamp that is null is NaN.
 */
export interface PageColumns {
  readonly keys: readonly RecordKey[]
  readonly modificationTimestamps: Float64Array
  /** Of each record all of them, in the order of its resource. */
  readonly changeStamps: Float64Array
  /** By record, its index in `mlsIds`. */
  readonly mls: Int32Array
  readonly mlsIds: readonly (string | null)[]
  /** Where each record begins and ends in the unzipped page; both are 0 where nobody knows. */
  readonly places: Int32Array
  readonly unreadable: readonly UnreadableRow[]
  readonly contents: ContentColumns | undefined
  readonly tally: RowTally
}

export interface UnreadableRow {
  readonly reason: string
  /** See `PageColumns.places`. */
  readonly from: number
  readonly to: number
}

/** How many rows were transcoded, and how many were not, by the reason. */
export interface RowTally {
  readonly transcoded: number
  readonly declined: ReadonlyMap<string, number>
}

/** What was made of the records of a page. */
export interface ContentColumns {
  readonly schemaId: SchemaId
  /** The contents, one behind the other. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Where that of each record ends; it begins where the one before ends. */
  readonly ends: Int32Array
  readonly digests: readonly (Digest | null)[]
  readonly volatile: VolatileColumns
  /** Of the few that have such fields. */
  readonly unmapped: ReadonlyMap<number, readonly string[]>
  /** By record. */
  readonly masked: Uint32Array
  /** Of those that have no digest. */
  readonly unencodable: ReadonlyMap<number, UnencodableResult>
}

/** Nearly all records of a page have the same volatile fields. */
interface VolatileColumns {
  /** Names, sorted. */
  readonly shapes: readonly (readonly string[])[]
  /** By record, its index in `shapes`, and where its values begin in `values`. */
  readonly places: Int32Array
  readonly values: readonly LooseValue[]
}

export type UnencodableResult = Extract<EncodeResult, { readonly kind: 'unencodable' }>
