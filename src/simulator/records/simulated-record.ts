import type { JsonValue } from '../../domain/json.ts'
import { wholeSeconds } from '../time-text.ts'
import type { FieldDefinition } from './field-catalog.ts'

/** What every record has, whatever it is a record of. All times in milliseconds since 1970, whole seconds. */
export interface SimulatedRecord {
  readonly key: string
  /** All that is generated hangs on it; a record that comes back under a new key keeps it. */
  readonly seed: number
  /** From 1, in the order in which the records of its collection came. */
  readonly number: number
  readonly mlsId: string
  readonly createdAt: number
  modifiedAt: number
  /** The API shows it. */
  visible: boolean
  /** It has been visible at some time. */
  shown: boolean
  /** The source still has it, whether the API shows it or not. */
  exists: boolean
  /** Its last change still hidden by the source's cache becomes visible then. */
  settledAt: number
  /** Values set from outside, by field id. */
  overrides: Map<string, JsonValue> | undefined
  /** Rights that differ from the field's own, by field id. */
  masks: Map<string, boolean> | undefined
}

/** What never changes about a record, and what a record of another collection can hang on. */
export type RecordIdentity = Pick<SimulatedRecord, 'key' | 'seed' | 'number' | 'mlsId'>

/** From what a record is generated. */
export interface RecordOrigin extends RecordIdentity {
  /** Of the data share, for a record that is not just of any. */
  readonly mlsIds: readonly string[]
  readonly createdAt: number
  /** Latest possible stamp. */
  readonly until: number
  /** It comes now, while others look on: it has no past. */
  readonly isNew: boolean
  /** Now by the source's clock, for what is to come. */
  readonly now: number
}

/** A record in view that nothing has happened to. */
export function freshRecord({ key, seed, number, mlsId, createdAt }: RecordOrigin): SimulatedRecord {
  return {
    key,
    seed,
    number,
    mlsId,
    createdAt: wholeSeconds(createdAt),
    modifiedAt: wholeSeconds(createdAt),
    visible: true,
    shown: true,
    exists: true,
    settledAt: 0,
    overrides: undefined,
    masks: undefined,
  }
}

export function isInView(record: SimulatedRecord): boolean {
  return record.exists && record.visible
}

export function overrideField(record: SimulatedRecord, field: FieldDefinition, value: JsonValue): void {
  record.overrides ??= new Map()
  record.overrides.set(field.id, value)
}

/** The text that was set for a field from outside; undefined if that did not happen, or if it is no text. */
export function textSetFor(record: SimulatedRecord, fieldId: string): string | undefined {
  const value = record.overrides?.get(fieldId)
  return typeof value === 'string' ? value : undefined
}
