/** What the thread does with a page: from its bytes to records, and to their content under one schema. */
import type { EncodeResult, SchemaId } from '../../domain/content.ts'
import type { ResourceDescription, ResourceName } from '../../domain/resource.ts'
import type { SourceRecord } from '../../domain/source-record.ts'
import { AvroContentEncoder, type ContentRules } from '../../events/content/content-encoder.ts'
import { RecordTranscoder } from '../../events/content/transcoder/record-transcoder.ts'
import { compileEvent } from '../../events/schema/compiled-event.ts'
import { foreseenToken } from '../../spark/foreseen-token.ts'
import { readPage, unzippedPage, type TokenListener } from '../../spark/page-body.ts'
import { scanPage } from '../../spark/page-scan.ts'
import { readRow } from '../../spark/records.ts'
import { skipValue } from '../../support/json-bytes.ts'
import { ColumnsBuilder } from './columns-builder.ts'
import type { AnsweredPage, PageEncoding, PageQuestion } from './page-messages.ts'

/** A page that could not be walked from row to row, as the reason of all of them. */
const WHOLE_PAGE = 'page'

interface Encoding {
  readonly schemaId: SchemaId
  readonly transcoder: RecordTranscoder
}

export class PageWorker {
  /** Of each resource by its newest schema alone: older ones are asked for on the other side. */
  readonly #encodings = new Map<ResourceName, Encoding>()
  readonly #rules = new Map<ResourceName, ContentRules>()
  readonly #encoder = new AvroContentEncoder(this.#rules)

  /** @param onToken told before the page is read, so that the next one is on its way meanwhile */
  read(
    { body, length, zipped, limit, resource, encoding }: Omit<PageQuestion, 'id'>,
    onToken?: TokenListener,
  ): AnsweredPage {
    const page = unzippedPage({ bytes: Buffer.from(body, 0, length), zipped, limit })
    if (!Buffer.isBuffer(page)) return page
    const token = foreseenToken(page)
    if (token !== undefined) onToken?.(token)
    const used = encoding && this.#encodingOf(resource, encoding)
    const answer = (used && this.#scan(page, resource, used)) ?? this.#readWhole(page, resource, used)
    if (zipped) release(page)
    return answer
  }

  /** Undefined where nothing can be encoded: then it is not for this side to say so of each record. */
  #encodingOf(resource: ResourceDescription, { recipe, limit }: PageEncoding): Encoding | undefined {
    const known = this.#encodings.get(resource.name)
    if (known?.schemaId === recipe.id) return known
    const { id, text, volatileFields } = recipe
    const compiled = compileEvent(id, text, { resource, volatileFields })
    const transcoder = RecordTranscoder.of(compiled, limit)
    if (transcoder === undefined) return undefined
    const schemas = { load: () => Promise.resolve(), current: () => compiled, version: () => compiled }
    this.#rules.set(resource.name, { schemas, limit })
    const encoding = { schemaId: id, transcoder }
    this.#encodings.set(resource.name, encoding)
    return encoding
  }

  /** From row to row. Undefined if the page cannot be read so. */
  #scan(page: Buffer, resource: ResourceDescription, encoding: Encoding): AnsweredPage | undefined {
    const { schemaId, transcoder } = encoding
    const columns = new ColumnsBuilder(resource)
    const envelope = scanPage(page, (from) => {
      const to = transcoder.transcode(page, from)
      if (to >= 0) columns.addTranscoded(transcoder, from, to)
      return to >= 0 ? to : this.#readRow(page, from, resource, transcoder, columns)
    })
    // Also of a page that is given up: the next one begins anew.
    const bytes = transcoder.takeOutput()
    if (envelope === undefined) return undefined
    return { kind: 'envelope', envelope, rows: columns.columns({ schemaId, bytes }) }
  }

  /** A row that the transcoder declined; where it ends, or a negative number. */
  #readRow(
    page: Buffer,
    from: number,
    resource: ResourceDescription,
    transcoder: RecordTranscoder,
    columns: ColumnsBuilder,
  ): number {
    const to = skipValue(page, from)
    if (to < 0) return to
    columns.declined(transcoder.declined ?? WHOLE_PAGE, 1)
    const row = readRow(resource, page, from, to)
    if ('key' in row) {
      columns.addRecord(row, { from, to })
      columns.addResult(this.#encode(resource, row, transcoder))
    } else columns.addUnreadable(row, { from, to })
    return to
  }

  #readWhole(page: Buffer, resource: ResourceDescription, encoding: Encoding | undefined): AnsweredPage {
    const read = readPage(page, resource)
    if (read.kind === 'not_json') {
      return { kind: 'not_json', characters: read.characters, whole: read.bytes !== undefined }
    }
    if (read.kind !== 'envelope') return read
    const { envelope, rows } = read
    if (rows === undefined) return { kind: 'envelope', envelope, rows: undefined }
    const columns = new ColumnsBuilder(resource)
    for (const row of rows.unreadable) columns.addUnreadable(row)
    for (const record of rows.records) {
      columns.addRecord(record)
      if (encoding !== undefined) columns.addResult(this.#encode(resource, record, encoding.transcoder))
    }
    if (encoding === undefined) return { kind: 'envelope', envelope, rows: columns.columns(undefined) }
    columns.declined(WHOLE_PAGE, rows.records.length + rows.unreadable.length)
    const { schemaId, transcoder } = encoding
    const bytes = transcoder.takeOutput()
    return { kind: 'envelope', envelope, rows: columns.columns({ schemaId, bytes }) }
  }

  /** As the passes would do it; its bytes go behind those of the others. */
  #encode(resource: ResourceDescription, record: SourceRecord, transcoder: RecordTranscoder): EncodeResult {
    const result = this.#encoder.encode(resource, record)
    if (result.kind === 'encoded') transcoder.append(result.content.bytes)
    return result
  }
}

/** Smaller ones may be a part of the pool of small buffers, and are no burden. */
const WORTH_RELEASING_BYTES = 1024 * 1024

/** Gives its memory back at once: until the garbage collector comes by there would be a dozen pages. */
function release(page: Buffer): void {
  const { buffer, length } = page
  if (length >= WORTH_RELEASING_BYTES && buffer instanceof ArrayBuffer) buffer.transfer(0)
}
