import type { ResourceDescription } from '../domain/resource.ts'
import type { DecodedValue } from '../events/decode-value.ts'
import { parseDeleted, parseUpserted, type UpsertedRecord } from './decoded-events.ts'

/** One record of a topic; the value is null for a tombstone. */
export interface ReplayedRecord {
  readonly key: string
  readonly eventId: string
  readonly digest: string
  readonly decoded: Pick<DecodedValue, 'name' | 'value'> | null
}

interface KeyHistory {
  readonly last: 'upsert' | 'delete' | 'tombstone'
  readonly digest: string
}

/** Applies records in the order of their partitions, as any store that follows the topic would, and looks for faults. */
export class TopicReplay {
  /** Of every key that is not deleted. */
  readonly latest = new Map<string, UpsertedRecord>()
  /** Number of records by change reason, `deleted`, `tombstone`. */
  readonly counts = new Map<string, number>()
  /** The same event twice, by id or by content; in words. */
  readonly duplicates: string[] = []
  /** Records that may not follow each other (R13), or lie under a wrong key; in words. */
  readonly disorder: string[] = []
  readonly #resource: Pick<ResourceDescription, 'events'>
  readonly #history = new Map<string, KeyHistory>()
  readonly #eventIds = new Set<string>()

  constructor(resource: Pick<ResourceDescription, 'events'>) {
    this.#resource = resource
  }

  add(record: ReplayedRecord): void {
    const { key, eventId, digest, decoded } = record
    const { deleted } = this.#resource.events
    const before = this.#history.get(key)
    if (this.#eventIds.has(eventId)) this.duplicates.push(`${key}: event ${eventId} twice`)
    this.#eventIds.add(eventId)
    if (before?.last === 'delete' && decoded !== null) {
      this.disorder.push(`${key}: ${deleted} without a tombstone behind it`)
    }
    if (decoded === null) {
      this.#requireMayEnd(key, before)
      this.latest.delete(key)
      this.#note(record, 'tombstone', 'tombstone')
    } else if (decoded.name === deleted) {
      this.#requireKey(key, parseDeleted(this.#resource, decoded.value))
      if (!this.latest.has(key)) this.disorder.push(`${key}: ${deleted} of a record that is not there`)
      this.#note(record, 'delete', 'deleted')
    } else {
      const upserted = parseUpserted(this.#resource, decoded.value)
      this.#requireKey(key, upserted.key)
      if (before?.last === 'upsert' && before.digest === digest) {
        this.duplicates.push(`${key}: the same content twice`)
      }
      this.latest.set(key, upserted)
      this.#note(record, 'upsert', upserted.change)
    }
  }

  /** After the last record. */
  finish(): void {
    for (const [key, { last }] of this.#history) {
      if (last !== 'delete') continue
      this.disorder.push(`${key}: ${this.#resource.events.deleted} without a tombstone behind it`)
    }
  }

  #note({ key, digest }: ReplayedRecord, last: KeyHistory['last'], counted: string): void {
    this.#history.set(key, { last, digest })
    this.counts.set(counted, (this.counts.get(counted) ?? 0) + 1)
  }

  #requireKey(key: string, ofValue: string): void {
    if (key !== ofValue) this.disorder.push(`${key}: holds an event of ${ofValue}`)
  }

  /** R13: a tombstone comes behind the event that says so, or, where there is none, ends what is there. */
  #requireMayEnd(key: string, before: KeyHistory | undefined): void {
    const { deleted, deletion } = this.#resource.events
    const [wanted, what] =
      deletion === 'tombstone' ? ['upsert', 'a record that is there'] : ['delete', deleted]
    if (before?.last !== wanted) this.disorder.push(`${key}: tombstone without ${what} before it`)
  }
}
