/** What goes between the thread of the passes and the one that reads their pages. Plain data: it is cloned on its way. */
import type { ContentLimit } from '../../events/content/content-encoder.ts'
import type { EncodeResult, EncodedContent } from '../../domain/content.ts'
import type { EventRecipe } from '../../events/schema/event-schemas.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import type { SourceRecord } from '../../domain/source-record.ts'
import type { PageBody } from '../../spark/page-body.ts'

export interface PageQuestion {
  readonly id: number
  /** The page, from 0 to `length`; goes to the thread and comes back with the answer. */
  readonly body: ArrayBuffer
  readonly length: number
  readonly resource: ResourceDescription
  /** Under which schema, and how long, as the encoder of the passes has it; undefined: nothing is to be encoded. */
  readonly encoding: { readonly recipe: EventRecipe; readonly limit: ContentLimit } | undefined
}

/** One or two of them a page, so that the next page can be asked for while this one is encoded. */
export type PageAnswer = PageRead | PageEncoded

export interface PageRead {
  readonly kind: 'read'
  readonly id: number
  /** Nothing is encoded: no other answer follows. */
  readonly last: boolean
  readonly body: ArrayBuffer
  readonly page: ReadEnvelope | { readonly kind: 'no_envelope' } | NotJson
}

export interface PageEncoded {
  readonly kind: 'encoded'
  readonly id: number
  /** The contents of the encoded rows, one after the other. */
  readonly contents: ArrayBuffer
  /** Of each row. */
  readonly results: readonly (EncodedRow | UnencodableRow)[]
}

/** `whole`: its bytes are of use. */
interface NotJson {
  readonly kind: 'not_json'
  readonly characters: number
  readonly whole: boolean
}

interface ReadEnvelope {
  readonly kind: 'envelope'
  readonly envelope: Extract<PageBody, { readonly kind: 'envelope' }>['envelope']
  readonly rows: ReadRows | undefined
}

export interface ReadRows {
  readonly records: readonly ReadRow[]
  /** Of what cannot be read, the reasons. */
  readonly unreadable: readonly string[]
}

/** A row without its JSON: that is read from the page once more when somebody asks for it. */
export type ReadRow = Omit<SourceRecord, 'body'>

type UnencodableRow = Extract<EncodeResult, { readonly kind: 'unencodable' }>

interface EncodedRow {
  readonly kind: 'encoded'
  readonly content: Omit<EncodedContent, 'bytes'>
  /** Where its bytes end in `contents`; they begin where those of the row before end. */
  readonly end: number
}
