import type { DecodedValue } from '../events/decode-value.ts'
import { parseDeleted, parseUpserted, type UpsertedListing } from './decoded-events.ts'

/** One record of the topic `listings`; the value is null for a tombstone. */
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
  readonly latest = new Map<string, UpsertedListing>()
  /** Number of records by change reason, `ListingDeleted`, `tombstone`. */
  readonly counts = new Map<string, number>()
  /** The same event twice, by id or by content; in words. */
  readonly duplicates: string[] = []
  /** Records that may not follow each other (R13), or lie under a wrong key; in words. */
  readonly disorder: string[] = []
  readonly #history = new Map<string, KeyHistory>()
  readonly #eventIds = new Set<string>()

  add(record: ReplayedRecord): void {
    const { key, eventId, digest, decoded } = record
    const before = this.#history.get(key)
    if (this.#eventIds.has(eventId)) this.duplicates.push(`${key}: event ${eventId} twice`)
    this.#eventIds.add(eventId)
    if (before?.last === 'delete' && decoded !== null) {
      this.disorder.push(`${key}: ListingDeleted without a tombstone behind it`)
    }
    if (decoded === null) {
      if (before?.last !== 'delete') this.disorder.push(`${key}: tombstone without ListingDeleted before it`)
      this.latest.delete(key)
      this.#note(record, 'tombstone', 'tombstone')
    } else if (decoded.name === 'ListingDeleted') {
      this.#requireKey(key, parseDeleted(decoded.value))
      if (!this.latest.has(key)) this.disorder.push(`${key}: ListingDeleted of a listing that is not there`)
      this.#note(record, 'delete', 'ListingDeleted')
    } else {
      const upserted = parseUpserted(decoded.value)
      this.#requireKey(key, upserted.listingKey)
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
      if (last === 'delete') this.disorder.push(`${key}: ListingDeleted without a tombstone behind it`)
    }
  }

  #note({ key, digest }: ReplayedRecord, last: KeyHistory['last'], counted: string): void {
    this.#history.set(key, { last, digest })
    this.counts.set(counted, (this.counts.get(counted) ?? 0) + 1)
  }

  #requireKey(key: string, ofValue: string): void {
    if (key !== ofValue) this.disorder.push(`${key}: holds an event of ${ofValue}`)
  }
}
