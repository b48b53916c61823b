import avsc from 'avsc'
import type { Schema, Type } from 'avsc'

/** By full name, every named type that a schema contains. */
type NamedTypes = Readonly<Record<string, Type>>

export interface CompiledType {
  readonly type: Type
  readonly named: NamedTypes
}

/** Dates and timestamps are plain numbers (days, milliseconds): avsc is fastest so (docs/kafka.md §10). */
export function compileType(schemaText: string): CompiledType {
  const registry: Record<string, Type> = {}
  const schema: Schema = JSON.parse(schemaText)
  const type = avsc.Type.forSchema(schema, { wrapUnions: false, omitRecordMethods: true, registry })
  return { type, named: registry }
}

/** For people: dates and timestamps are ISO 8601 text. Only for reading. */
export function compileReadableType(schemaText: string): Type {
  const schema: Schema = JSON.parse(schemaText)
  return avsc.Type.forSchema(schema, {
    wrapUnions: false,
    omitRecordMethods: true,
    logicalTypes: { date: DateText, 'timestamp-millis': InstantText },
  })
}

const DAY_MS = 86_400_000

class DateText extends avsc.types.LogicalType {
  protected override _fromValue(days: number): string {
    return isoText(days * DAY_MS).replace('T00:00:00.000Z', '')
  }
}

class InstantText extends avsc.types.LogicalType {
  protected override _fromValue(ms: number): string {
    return isoText(ms)
  }
}

function isoText(ms: number): string {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString()
}
