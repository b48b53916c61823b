import { parseInstant } from '../../domain/instant.ts'
import type { JsonValue } from '../../domain/json.ts'
import { wholeSeconds } from '../time-text.ts'
import type { ChangeContext, OwnChange } from './collection-definition.ts'
import type { FieldDefinition } from './field-catalog.ts'
import type { CommonCommand } from './record-command.ts'
import { isInView, overrideField } from './simulated-record.ts'
import type { SimulatedRecord } from './simulated-record.ts'

/** What a command does to each record that it chooses. */
export interface RecordChange<R extends SimulatedRecord> {
  /** Whether the command may choose this record by itself. */
  applies(record: R): boolean
  /** All that it may choose, unless it names a number. */
  readonly isOfAll: boolean
  /** The source has the record no more, before the API shows that. */
  readonly deletes: boolean
  /** The same comes again under a new key. */
  readonly comesAgain: boolean
  /** What is to be done when the change becomes visible. All chance is drawn here and now. */
  mutation(record: R): () => void
}

/** A change that the collection defines; it stamps the record unless it says that it does not. */
export function ownChange<R extends SimulatedRecord>(
  change: OwnChange<R, string>,
  command: object,
  context: ChangeContext,
): RecordChange<R> {
  const drawFor = change.draw(context, command)
  const isStamped = change.isStamped?.(context.behaviour) ?? true
  return {
    applies: (record) => change.applies(record),
    isOfAll: change.isOfAll,
    deletes: false,
    comesAgain: false,
    mutation(record) {
      const mutate = drawFor(record)
      return () => {
        mutate()
        if (isStamped) record.modifiedAt = context.stamp
      }
    },
  }
}

/** A change that every collection knows. @param stampField id of the field that shows the stamp, if one does */
export function commonChange(
  command: Exclude<CommonCommand, { action: 'new' }>,
  { stamp, field }: ChangeContext,
  stampField: string | null,
): RecordChange<SimulatedRecord> {
  const change = (
    mutate: (record: SimulatedRecord) => void,
    others: Partial<RecordChange<SimulatedRecord>> = {},
  ): RecordChange<SimulatedRecord> => ({
    applies: isInView,
    isOfAll: false,
    deletes: false,
    comesAgain: false,
    ...others,
    mutation: (record) => () => mutate(record),
  })

  switch (command.action) {
    case 'touch':
    case 'bulk-touch':
      return change((record) => touch(record, stamp), { isOfAll: command.action === 'bulk-touch' })
    case 'remove':
    case 'relist':
      return change(hide, { deletes: true, comesAgain: command.action === 'relist' })
    case 'leave':
      return change(hide)
    case 'return':
      return change(
        (record) => {
          record.visible = record.exists
        },
        { applies: (record) => record.exists && record.shown && !record.visible },
      )
    case 'mask':
    case 'unmask': {
      const isMasked = command.action === 'mask'
      const fields = command.fields.map(field)
      return change(
        (record) => {
          record.masks ??= new Map()
          for (const { id } of fields) record.masks.set(id, isMasked)
        },
        { isOfAll: true },
      )
    }
    case 'set': {
      const values = Object.entries(command.fields).map(([name, value]) => [field(name), value] as const)
      return change((record) => {
        if (command.stamp !== false) touch(record, stamp)
        for (const [named, value] of values) setValue(record, named, value, stampField)
      })
    }
  }
}

function touch(record: SimulatedRecord, stamp: number): void {
  record.modifiedAt = stamp
}

function hide(record: SimulatedRecord): void {
  record.visible = false
}

function setValue(
  record: SimulatedRecord,
  field: FieldDefinition,
  value: JsonValue,
  stampField: string | null,
): void {
  const isStamp = field.id === stampField && typeof value === 'string'
  const stamp = isStamp ? parseInstant(value) : undefined
  if (stamp === undefined) return overrideField(record, field, value)
  // The record's own stamp, so that later changes move it on.
  record.modifiedAt = wholeSeconds(stamp)
  record.overrides?.delete(field.id)
}
