/** The rows of a page that the other thread has read. */
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import type { SourceRecord, UnreadableRecord } from '../../domain/source-record.ts'
import { readPage } from '../../spark/page-body.ts'
import type { ReadRecords } from '../../spark/records.ts'
import { InvariantViolation } from '../../support/errors.ts'
import type { ReadRow, ReadRows } from './page-messages.ts'

/** As records. @param body of the page, for whoever asks for their JSON */
export function recordsOf(
  { records, unreadable }: ReadRows,
  body: Buffer,
  resource: ResourceDescription,
): ReadRecords {
  const whole = once(() => rowsAgain(body, resource))
  return {
    records: records.map((row, i) => new ReadRecord(row, whole, i)),
    unreadable: unreadable.map((reason, i) => new UnreadableRow(reason, whole, i)),
  }
}

/** A record as it was read on the other thread; its JSON is read again here if somebody asks for it. */
class ReadRecord implements SourceRecord {
  readonly key
  readonly modificationTimestamp
  readonly mlsId
  readonly changeStamps
  readonly #whole: () => ReadRecords
  readonly #index: number

  constructor(row: ReadRow, whole: () => ReadRecords, index: number) {
    this.key = row.key
    this.modificationTimestamp = row.modificationTimestamp
    this.mlsId = row.mlsId
    this.changeStamps = row.changeStamps
    this.#whole = whole
    this.#index = index
  }

  get body(): JsonObject {
    return required(this.#whole().records[this.#index]).body
  }
}

class UnreadableRow implements UnreadableRecord {
  readonly reason
  readonly #whole: () => ReadRecords
  readonly #index: number

  constructor(reason: string, whole: () => ReadRecords, index: number) {
    this.reason = reason
    this.#whole = whole
    this.#index = index
  }

  get body(): JsonValue {
    return required(this.#whole().unreadable[this.#index]).body
  }
}

function rowsAgain(bytes: Buffer, resource: ResourceDescription): ReadRecords {
  const page = readPage(bytes, resource)
  return required(page.kind === 'envelope' ? page.rows : undefined)
}

function once<T>(read: () => T): () => T {
  let value: T | undefined
  return () => (value ??= read())
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new InvariantViolation('A page that was read twice was not the same.')
  return value
}
