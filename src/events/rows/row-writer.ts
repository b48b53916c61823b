import type { Type } from 'avsc'

import { InvariantViolation } from '../../support/errors.ts'
import type { AvroBuffer } from '../content/avro-buffer.ts'
import { encodeValue } from '../record-codec.ts'
import type { VersionInUse } from '../registry/version-in-use.ts'
import { parseAvroRecord } from '../schema/avro-record.ts'
import { compileType } from '../schema/compile-type.ts'
import { kindOfAvroType } from '../schema/field-kind.ts'
import { frame } from '../wire-format.ts'
import { OMITTED_FIELDS, UNMAPPED_FIELDS, type RowColumn } from './row-columns.ts'

/** Writes rows under one version of their schema, which may have fewer columns than the events have fields. */
export class RowWriter {
  readonly version: Pick<VersionInUse, 'id' | 'schema'>
  readonly #type: Type
  readonly #columns: ReadonlySet<string>
  readonly #buffer: AvroBuffer
  readonly #mostBytes: number

  /** @param mostBytes of a row; what does not fit is left out of it and named */
  constructor(version: Pick<VersionInUse, 'id' | 'schema'>, buffer: AvroBuffer, mostBytes: number) {
    this.version = version
    this.#type = compileType(version.schema).type
    this.#columns = new Set(parseAvroRecord(version.schema).fields.map(({ name }) => name))
    this.#buffer = buffer
    this.#mostBytes = mostBytes
  }

  has(column: RowColumn): boolean {
    return this.#columns.has(column.field.name)
  }

  /** One row in the Confluent wire format. */
  write(values: ReadonlyMap<RowColumn, unknown>): Uint8Array {
    const row: Record<string, unknown> = {}
    const unmapped: [string, string][] = []
    for (const [column, value] of values) {
      if (this.has(column)) row[column.field.name] = value
      else unmapped.push([column.name, jsonOf(column, value)])
    }
    if (unmapped.length > 0) addUnmapped(row, unmapped)
    return frame(this.version.id, this.#fitting(row))
  }

  /** Bytes that are valid until the next call. */
  #fitting(row: Record<string, unknown>): Uint8Array {
    const omitted: string[] = []
    for (;;) {
      const bytes = encodeValue(this.#buffer, this.#type, row)
      if (bytes.length <= this.#mostBytes) return bytes
      const largest = largestText(row)
      if (largest === undefined)
        throw new InvariantViolation('A row without texts is larger than its topic takes.')
      omitted.push(largest)
      row[largest] = null
      row[OMITTED_FIELDS] = JSON.stringify(omitted.toSorted())
    }
  }
}

const DAY_MS = 86_400_000

/** As `unmappedFields` of an event would have it. */
function jsonOf({ field, isJson }: RowColumn, value: unknown): string {
  if (isJson) return String(value)
  const kind = kindOfAvroType(field.type)
  if (kind === 'timestamp') return JSON.stringify(new Date(Number(value)).toISOString())
  if (kind !== 'date') return JSON.stringify(value)
  return JSON.stringify(new Date(Number(value) * DAY_MS).toISOString().slice(0, 'YYYY-MM-DD'.length))
}

/** As long as the registry does not take the columns. */
function addUnmapped(row: Record<string, unknown>, added: readonly (readonly [string, string])[]): void {
  const known = row[UNMAPPED_FIELDS]
  const before: unknown = typeof known === 'string' ? JSON.parse(known) : {}
  row[UNMAPPED_FIELDS] = JSON.stringify({ ...Object(before), ...Object.fromEntries(added) })
}

/** The column with the longest text; undefined if no text is worth leaving out. */
function largestText(row: Readonly<Record<string, unknown>>): string | undefined {
  let longest: string | undefined
  let most = 0
  for (const [name, value] of Object.entries(row)) {
    if (typeof value !== 'string' || name === OMITTED_FIELDS || value.length <= most) continue
    longest = name
    most = value.length
  }
  return longest
}
