/** What a transaction would publish, record by record, for who is to look at it. */
import type { Change } from '../../domain/change.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import type { TransactionPart, TransactionRequest } from '../../replication/ports.ts'

export type PlannedRecord =
  | {
      readonly kind: 'event'
      readonly resource: string
      readonly key: string
      /** Name of the Avro record; `Tombstone` where that comes alone. */
      readonly type: string
      /** `CREATED`, `UPDATED`, `NOT_IN_SOURCE` … */
      readonly reason: string
      /** By which pass. */
      readonly pass: string
    }
  /** Would not be published: the guard holds it (R10). `what`: `deletes`, `masking` or `changes`. */
  | {
      readonly kind: 'held'
      readonly resource: string
      readonly key: string
      readonly what: string
      readonly pass: string
    }
  /** Would go to the dead letters (R12). The key is null for a record without one. */
  | {
      readonly kind: 'dead_letter'
      readonly resource: string
      readonly key: string | null
      readonly reason: string
      readonly pass: string
    }
  /** A dead letter that would go: its key is published or deleted after all. */
  | {
      readonly kind: 'settled_letter'
      readonly resource: string
      readonly key: string
      readonly pass: string
    }

export function plannedRecords({ parts, holds, progress }: TransactionRequest): readonly PlannedRecord[] {
  const { pass } = progress
  return [
    ...parts.flatMap((part) => recordsOf(part, pass)),
    ...(holds?.written ?? []).flatMap(({ hold, keys }) =>
      keys.map(({ key }) => ({ kind: 'held' as const, resource: hold.resource, key, what: hold.kind, pass })),
    ),
  ]
}

function recordsOf(
  { resource, changes, deadLetters, settledLetters }: TransactionPart,
  pass: string,
): readonly PlannedRecord[] {
  const { name } = resource
  return [
    ...changes.map((change): PlannedRecord => ({
      kind: 'event',
      resource: name,
      key: change.key,
      type: typeOf(change, resource),
      reason: change.reason,
      pass,
    })),
    ...deadLetters.map(({ key, reason }): PlannedRecord => ({
      kind: 'dead_letter',
      resource: name,
      key,
      reason,
      pass,
    })),
    ...settledLetters.map((key): PlannedRecord => ({ kind: 'settled_letter', resource: name, key, pass })),
  ]
}

function typeOf({ kind }: Change, { events }: Pick<ResourceDescription, 'events'>): string {
  if (kind === 'upsert') return events.upserted
  return events.deletion === 'tombstone' ? 'Tombstone' : events.deleted
}
