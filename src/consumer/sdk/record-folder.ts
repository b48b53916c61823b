import type { ResourceDescription } from '../../domain/resource.ts'
import { HEADERS } from '../../events/header-names.ts'
import { NAMESPACE } from '../../events/registry/subject-name.ts'
import type { KafkaRecord, RecordBatch } from '../../kafka/read-topic.ts'

/** The records of one change as they lie in the topic. */
export interface ChangeRecords {
  /** Its first one: the event, or the tombstone if that is all. */
  readonly record: KafkaRecord
  /** Of a delete, if it follows its event. */
  readonly tombstone: KafkaRecord | null
  /** Above the last of them. */
  readonly nextOffset: number
}

/**
 * Puts the records of one partition together to changes. A delete's tombstone lies right behind its event, in the same
 * transaction (R13); a delete is held back until it is known what does.
 */
export class RecordFolder {
  readonly #deletedType: string
  #held: KafkaRecord | undefined

  constructor({ events }: Pick<ResourceDescription, 'events'>) {
    this.#deletedType = `${NAMESPACE}.${events.deleted}`
  }

  get holds(): boolean {
    return this.#held !== undefined
  }

  take({ records, nextOffset }: Pick<RecordBatch, 'records' | 'nextOffset'>): readonly ChangeRecords[] {
    const changes: ChangeRecords[] = []
    for (const record of records) {
      const held = this.#held
      this.#held = undefined
      if (held !== undefined && isTombstoneOf(held, record)) {
        changes.push({ record: held, tombstone: record, nextOffset: record.offset + 1 })
        continue
      }
      if (held !== undefined) changes.push(alone(held))
      if (this.#isDeletion(record)) this.#held = record
      else changes.push(alone(record))
    }
    // What was read beyond it is no record, so the next one is not its tombstone.
    if (this.#held !== undefined && nextOffset > this.#held.offset + 1) changes.push(...this.flush())
    return changes
  }

  /** Gives up to wait for a tombstone. */
  flush(): readonly ChangeRecords[] {
    const held = this.#held
    this.#held = undefined
    return held === undefined ? [] : [alone(held)]
  }

  #isDeletion({ value, headers }: KafkaRecord): boolean {
    return value !== null && headers[HEADERS.type]?.toString('utf8') === this.#deletedType
  }
}

function alone(record: KafkaRecord): ChangeRecords {
  return { record, tombstone: null, nextOffset: record.offset + 1 }
}

function isTombstoneOf(deletion: KafkaRecord, { key, value }: KafkaRecord): boolean {
  return value === null && key !== null && deletion.key !== null && key.equals(deletion.key)
}
