/** The rows of a page that the other thread has read. */
import type { EncodeResult, LooseValue } from '../../domain/content.ts'
import { instant, type Instant } from '../../domain/instant.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import type { RecordKey } from '../../domain/record-key.ts'
import type { ChangeStamps, ResourceDescription } from '../../domain/resource.ts'
import type { MadeContent, SourceRecord, UnreadableRecord } from '../../domain/source-record.ts'
import { readPage, unzippedPage, type PageBytes } from '../../spark/page-body.ts'
import { readRow, type ReadRecords } from '../../spark/records.ts'
import { InvariantViolation } from '../../support/errors.ts'
import type { ContentColumns, PageColumns, UnreadableRow } from './page-messages.ts'

/** As records. @param page as it came, for whoever asks for their JSON */
export function recordsOf(columns: PageColumns, page: PageBytes, resource: ResourceDescription): ReadRecords {
  const rows = new PageRows(columns, page, resource)
  return {
    records: columns.keys.map((key, i) => new PageRecord(key, rows, i)),
    unreadable: columns.unreadable.map((row, i) => new UnreadablePageRow(row, rows, i)),
  }
}

/** A row as its columns say; its JSON is read again here if somebody asks for it. */
class PageRecord implements SourceRecord {
  readonly key: RecordKey
  readonly #rows: PageRows
  readonly #index: number
  #body: JsonObject | undefined

  constructor(key: RecordKey, rows: PageRows, index: number) {
    this.key = key
    this.#rows = rows
    this.#index = index
  }

  get modificationTimestamp(): Instant | null {
    return this.#rows.modificationTimestamp(this.#index)
  }

  get mlsId(): string | null {
    return this.#rows.mlsId(this.#index)
  }

  get changeStamps(): ChangeStamps {
    return this.#rows.changeStamps(this.#index)
  }

  get body(): JsonObject {
    return (this.#body ??= this.#rows.body(this.#index))
  }

  get made(): MadeContent | undefined {
    return this.#rows.made(this.#index)
  }
}

class UnreadablePageRow implements UnreadableRecord {
  readonly reason: string
  readonly #row: UnreadableRow
  readonly #rows: PageRows
  readonly #index: number

  constructor(row: UnreadableRow, rows: PageRows, index: number) {
    this.reason = row.reason
    this.#row = row
    this.#rows = rows
    this.#index = index
  }

  get body(): JsonValue {
    return this.#rows.unreadableBody(this.#row, this.#index)
  }
}

class PageRows {
  readonly #columns: PageColumns
  readonly #page: PageBytes
  readonly #resource: ResourceDescription
  readonly #stampNames: readonly string[]
  readonly #contents: Contents | undefined
  #unzipped: Buffer | undefined
  /** Where no row's place is known. */
  #whole: ReadRecords | undefined

  constructor(columns: PageColumns, page: PageBytes, resource: ResourceDescription) {
    this.#columns = columns
    this.#page = page
    this.#resource = resource
    this.#stampNames = resource.changeStamps.map(({ name }) => name)
    this.#contents = columns.contents === undefined ? undefined : new Contents(columns.contents)
  }

  modificationTimestamp(index: number): Instant | null {
    return instantAt(this.#columns.modificationTimestamps, index)
  }

  mlsId(index: number): string | null {
    const { mls, mlsIds } = this.#columns
    return mlsIds[mls[index] ?? -1] ?? null
  }

  changeStamps(index: number): ChangeStamps {
    const stamps: Record<string, Instant | null> = {}
    let at = index * this.#stampNames.length
    for (const name of this.#stampNames) {
      stamps[name] = instantAt(this.#columns.changeStamps, at)
      at += 1
    }
    return stamps
  }

  body(index: number): JsonObject {
    const { places } = this.#columns
    const to = places[2 * index + 1] ?? 0
    if (to === 0) return required(this.#wholePage().records[index]).body
    const row = readRow(this.#resource, this.#bytes(), places[2 * index] ?? 0, to)
    if (!('key' in row)) throw differs()
    return row.body
  }

  unreadableBody({ from, to }: UnreadableRow, index: number): JsonValue {
    if (to === 0) return required(this.#wholePage().unreadable[index]).body
    return readRow(this.#resource, this.#bytes(), from, to).body
  }

  made(index: number): MadeContent | undefined {
    const contents = this.#contents
    return contents === undefined
      ? undefined
      : { schemaId: contents.schemaId, result: contents.result(index) }
  }

  #bytes(): Buffer {
    if (this.#unzipped !== undefined) return this.#unzipped
    const bytes = unzippedPage(this.#page)
    if (!Buffer.isBuffer(bytes)) throw differs()
    return (this.#unzipped = bytes)
  }

  #wholePage(): ReadRecords {
    if (this.#whole !== undefined) return this.#whole
    const page = readPage(this.#bytes(), this.#resource)
    this.#whole = required(page.kind === 'envelope' ? page.rows : undefined)
    return this.#whole
  }
}

const NONE: readonly string[] = Object.freeze([])

class Contents {
  readonly schemaId
  readonly #columns: ContentColumns
  /** For each shape an object that has its names, in their order. */
  readonly #templates: readonly Readonly<Record<string, LooseValue>>[]

  constructor(columns: ContentColumns) {
    this.schemaId = columns.schemaId
    this.#columns = columns
    this.#templates = columns.volatile.shapes.map((names) =>
      Object.fromEntries(names.map((name) => [name, null])),
    )
  }

  result(index: number): EncodeResult {
    const { bytes, ends, digests, unmapped, masked, unencodable } = this.#columns
    const digest = digests[index] ?? null
    if (digest === null) return required(unencodable.get(index))
    const end = ends[index] ?? 0
    const from = index === 0 ? 0 : (ends[index - 1] ?? 0)
    return {
      kind: 'encoded',
      content: {
        schemaId: this.schemaId,
        digest,
        bytes: bytes.subarray(from, end),
        volatileFields: this.#volatileFields(index),
        unmapped: unmapped.size === 0 ? NONE : (unmapped.get(index) ?? NONE),
        masked: masked[index] ?? 0,
      },
    }
  }

  #volatileFields(index: number): Readonly<Record<string, LooseValue>> {
    const { shapes, places, values } = this.#columns.volatile
    const shape = places[2 * index] ?? 0
    let at = places[2 * index + 1] ?? 0
    const template = this.#templates[shape] ?? {}
    const names = shapes[shape] ?? NONE
    if (names.length === 0) return template
    // A copy has `__proto__` as a member of its own, too.
    const fields: Record<string, LooseValue> = { ...template }
    for (const name of names) {
      fields[name] = values[at] ?? null
      at += 1
    }
    return fields
  }
}

function instantAt(column: Float64Array, index: number): Instant | null {
  const value = column[index] ?? NaN
  return Number.isNaN(value) ? null : instant(value)
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw differs()
  return value
}

function differs(): InvariantViolation {
  return new InvariantViolation('A page that was read twice was not the same.')
}
