/** The body of an answer, read as far as the client needs it. Pure, so that it can be read on another thread. */
import { parseJsonText } from '../domain/json-text.ts'
import type { JsonValue } from '../domain/json.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import { parseEnvelope, type Envelope } from './envelope.ts'
import { unzipHere, type NotUnzipped, type Unzipped } from './gzip.ts'
import { readRecords, type ReadRecords } from './records.ts'
import { textOfBytes } from '../support/utf8-text.ts'

export type Body<E extends Envelope = Envelope> =
  /** `characters`: how many there were. `bytes`: of what may be a whole page with something broken in it. */
  | { readonly kind: 'not_json'; readonly characters: number; readonly bytes: Buffer | undefined }
  | { readonly kind: 'no_envelope' }
  | { readonly kind: 'envelope'; readonly envelope: E; readonly rows: ReadRecords | undefined }

/** Of a page; its results stand in `rows` alone. */
export type PageBody = Body<PageEnvelope>
export type PageEnvelope = Envelope & { readonly results: undefined }

/** A page as it came. */
export interface PageBytes {
  readonly bytes: Buffer
  /** They are gzip. */
  readonly zipped: boolean
  /** So many bytes at most are read of it when it is unzipped. */
  readonly limit: number
  /** Only keys and stamps were asked for, so that nothing is made of its records. @default false */
  readonly ofKeys?: boolean
}

/** On this thread. */
export function unzippedPage({ bytes, zipped, limit }: PageBytes): Unzipped {
  return zipped ? unzipHere(bytes, limit) : bytes
}

/** Reads the pages of walks. May do so on another thread. */
export interface PageReader {
  /** See `HttpRequest.zippedFrom`: it unzips such pages itself. */
  readonly zippedFrom: number
  /**
   * The bytes are the reader's from then on. Rejects with the signal's reason when it aborts.
   *
   * @param onToken see `foreseenToken`; told where reading the page takes longer than that
   */
  read(
    page: PageBytes,
    resource: ResourceDescription,
    signal: AbortSignal,
    onToken?: TokenListener,
  ): Promise<PageBody | NotUnzipped>
}

/** Told the token that a page probably names, before it is read. Must not throw. */
export type TokenListener = (token: string) => void

/** On this thread. */
export const PLAIN_PAGE_READER: PageReader = {
  zippedFrom: Infinity,
  read: ({ bytes }, resource) => Promise.resolve(readPage(bytes, resource)),
}

export function readBody(bytes: Buffer): Body {
  const text = textOfBytes(bytes)
  let json: JsonValue
  try {
    json = parseJsonText(text)
  } catch {
    // The parser's message quotes the body; the customer's data has no place in a log.
    return { kind: 'not_json', characters: text.length, bytes: isWhole(text) ? bytes : undefined }
  }
  const envelope = parseEnvelope(json)
  return envelope === undefined ? { kind: 'no_envelope' } : { kind: 'envelope', envelope, rows: undefined }
}

/** An object from its beginning to its end: not cut, and no page of a gateway. */
function isWhole(text: string): boolean {
  const trimmed = text.trim()
  return trimmed.startsWith('{') && trimmed.endsWith('}')
}

export function readPage(bytes: Buffer, resource: ResourceDescription): PageBody {
  const body = readBody(bytes)
  if (body.kind !== 'envelope') return body
  const { results, ...envelope } = body.envelope
  const rows = results === undefined ? undefined : readRecords(resource, results)
  return { kind: 'envelope', envelope: { ...envelope, results: undefined }, rows }
}
