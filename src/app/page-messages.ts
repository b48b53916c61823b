/** What goes between the thread of the passes and the one that reads their pages. Plain data: it is cloned on its way. */
import type { ListingEncodeResult } from '../events/listing-encoder.ts'
import type { ListingRecipe } from '../events/listing-schemas.ts'
import type { EncodedContent } from '../listing/content.ts'
import type { ResourceName } from '../listing/resource.ts'
import type { SourceRecord } from '../listing/source-record.ts'
import type { PageBody } from '../spark/page-body.ts'

export interface PageQuestion {
  readonly id: number
  /** The page, from 0 to `length`; goes to the thread and comes back with the answer. */
  readonly body: ArrayBuffer
  readonly length: number
  readonly resource: ResourceName
  /** Undefined: nothing is to be encoded. */
  readonly recipe: ListingRecipe | undefined
}

export interface PageAnswer {
  readonly id: number
  readonly body: ArrayBuffer
  /** The contents of the encoded rows, one after the other. */
  readonly contents: ArrayBuffer
  readonly page: Exclude<PageBody, { readonly kind: 'envelope' }> | ReadEnvelope
}

interface ReadEnvelope {
  readonly kind: 'envelope'
  readonly envelope: Extract<PageBody, { readonly kind: 'envelope' }>['envelope']
  /** Of what cannot be read, the reasons. */
  readonly rows: { readonly records: readonly ReadRow[]; readonly unreadable: readonly string[] } | undefined
}

/** A row without its JSON: that is read from the page once more when somebody asks for it. */
export interface ReadRow extends Omit<SourceRecord, 'body'> {
  /** Undefined if nothing was to be encoded. */
  readonly result: EncodedRow | Extract<ListingEncodeResult, { readonly kind: 'unencodable' }> | undefined
}

export interface EncodedRow {
  readonly kind: 'encoded'
  readonly content: Omit<EncodedContent, 'bytes'>
  /** Where its bytes end in `contents`; they begin where those of the row before end. */
  readonly end: number
}
