/** Rows of a page, one after the other, into columns. */
import type { Digest, EncodedContent, EncodeResult, LooseValue } from '../../domain/content.ts'
import type { RecordKey } from '../../domain/record-key.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import type { SourceRecord, UnreadableRecord } from '../../domain/source-record.ts'
import type { RecordTranscoder } from '../../events/content/transcoder/record-transcoder.ts'
import type { ContentColumns, PageColumns, UnencodableResult, UnreadableRow } from './page-messages.ts'

/** What a content is beside its bytes. */
type ContentFacts = Pick<EncodedContent, 'digest' | 'volatileFields' | 'unmapped' | 'masked'>

/** Where a row begins and ends in the unzipped page. */
interface RowPlace {
  readonly from: number
  readonly to: number
}

/** No row is empty. */
const NOWHERE: RowPlace = { from: 0, to: 0 }

/** Of one page. */
export class ColumnsBuilder {
  readonly #resource: ResourceDescription
  readonly #keys: RecordKey[] = []
  readonly #modificationTimestamps: number[] = []
  readonly #changeStamps: number[] = []
  readonly #mls = new Distinct<string | null>()
  readonly #places: number[] = []
  readonly #unreadable: UnreadableRow[] = []
  readonly #contents = new ContentsBuilder()
  readonly #declined = new Map<string, number>()
  #transcoded = 0

  constructor(resource: ResourceDescription) {
    this.#resource = resource
  }

  /** A row that stands from `from` to `to` in the unzipped page. */
  addTranscoded(row: RecordTranscoder, from: number, to: number): void {
    this.#transcoded += 1
    this.#keys.push(row.key)
    this.#modificationTimestamps.push(row.modificationTimestamp)
    const { stamps } = row
    for (let i = 0; i < stamps.length; i += 1) this.#changeStamps.push(stamps[i] ?? NaN)
    this.#mls.add(row.mlsId)
    this.#places.push(from, to)
    this.#contents.addEncoded(row, row.end - row.start)
  }

  /** Any other record. */
  addRecord(record: SourceRecord, { from, to }: RowPlace = NOWHERE): void {
    const { changeStamps } = record
    this.#keys.push(record.key)
    this.#modificationTimestamps.push(record.modificationTimestamp ?? NaN)
    for (const { name } of this.#resource.changeStamps) this.#changeStamps.push(changeStamps[name] ?? NaN)
    this.#mls.add(record.mlsId)
    this.#places.push(from, to)
  }

  /** Of the record that was added by `addRecord` just now; the bytes stand behind all others. */
  addResult(result: EncodeResult): void {
    if (result.kind === 'encoded') this.#contents.addEncoded(result.content, result.content.bytes.length)
    else this.#contents.addUnencodable(result)
  }

  addUnreadable({ reason }: UnreadableRecord, { from, to }: RowPlace = NOWHERE): void {
    this.#unreadable.push({ reason, from, to })
  }

  declined(reason: string, rows: number): void {
    this.#declined.set(reason, (this.#declined.get(reason) ?? 0) + rows)
  }

  /** @param contents under which schema, and all of their bytes; undefined: nothing was encoded */
  columns(contents: Pick<ContentColumns, 'schemaId' | 'bytes'> | undefined): PageColumns {
    return {
      keys: this.#keys,
      modificationTimestamps: new Float64Array(this.#modificationTimestamps),
      changeStamps: new Float64Array(this.#changeStamps),
      mls: new Int32Array(this.#mls.indices),
      mlsIds: this.#mls.values,
      places: new Int32Array(this.#places),
      unreadable: this.#unreadable,
      contents: contents && { ...contents, ...this.#contents.columns() },
      tally: { transcoded: this.#transcoded, declined: this.#declined },
    }
  }
}

class ContentsBuilder {
  readonly #ends: number[] = []
  readonly #digests: (Digest | null)[] = []
  readonly #volatile = new VolatileBuilder()
  readonly #unmapped = new Map<number, readonly string[]>()
  readonly #masked: number[] = []
  readonly #unencodable = new Map<number, UnencodableResult>()
  #end = 0

  addEncoded({ digest, volatileFields, unmapped = [], masked = 0 }: ContentFacts, length: number): void {
    this.#masked.push(masked)
    if (unmapped.length > 0) this.#unmapped.set(this.#digests.length, unmapped)
    this.#end += length
    this.#ends.push(this.#end)
    this.#digests.push(digest)
    this.#volatile.add(volatileFields)
  }

  addUnencodable(result: UnencodableResult): void {
    this.#unencodable.set(this.#digests.length, result)
    this.#masked.push(0)
    this.#ends.push(this.#end)
    this.#digests.push(null)
    this.#volatile.add(NO_FIELDS)
  }

  columns(): Omit<ContentColumns, 'schemaId' | 'bytes'> {
    return {
      ends: new Int32Array(this.#ends),
      digests: this.#digests,
      volatile: this.#volatile.columns(),
      unmapped: this.#unmapped,
      masked: new Uint32Array(this.#masked),
      unencodable: this.#unencodable,
    }
  }
}

const NO_FIELDS: ContentFacts['volatileFields'] = Object.freeze({})

class VolatileBuilder {
  readonly #shapes: string[][] = []
  readonly #places: number[] = []
  readonly #values: LooseValue[] = []
  #last = -1

  add(fields: ContentFacts['volatileFields']): void {
    if (!this.#isLast(fields)) this.#last = this.#shapeOf(Object.keys(fields))
    this.#places.push(this.#last, this.#values.length)
    for (const name in fields) this.#values.push(fields[name] ?? null)
  }

  columns(): ContentColumns['volatile'] {
    return { shapes: this.#shapes, places: new Int32Array(this.#places), values: this.#values }
  }

  /** Whether they are those of the record before. */
  #isLast(fields: ContentFacts['volatileFields']): boolean {
    const shape = this.#shapes[this.#last]
    if (shape === undefined) return false
    let i = 0
    for (const name in fields) if (shape[i++] !== name) return false
    return i === shape.length
  }

  #shapeOf(names: string[]): number {
    const known = this.#shapes.findIndex((shape) => sameNames(shape, names))
    return known < 0 ? this.#shapes.push(names) - 1 : known
  }
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i])
}

/** Values of which there are few, and most of them like the one before. */
class Distinct<T> {
  readonly values: T[] = []
  readonly indices: number[] = []
  readonly #known = new Map<T, number>()

  add(value: T): void {
    const last = this.indices.at(-1)
    if (last !== undefined && this.values[last] === value) {
      this.indices.push(last)
      return
    }
    let index = this.#known.get(value)
    if (index === undefined) {
      index = this.values.push(value) - 1
      this.#known.set(value, index)
    }
    this.indices.push(index)
  }
}
