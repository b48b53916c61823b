import type { RecordKey } from '../../domain/record-key.ts'
import type { Decision } from '../classify.ts'
import type { PublishedRecord } from '../missed.ts'

/** What the guard has to know of a page's records that the topic has already (R10). */
export class Reread {
  /** Those that are not stale. */
  known = 0
  /** Withheld since they gain masked fields. */
  readonly masked: RecordKey[] = []
  /** Withheld since they change, the others alone. */
  readonly changed: RecordKey[] = []

  /** What would have been published of those that are withheld. */
  readonly withheld: PublishedRecord[] = []

  take(key: RecordKey, decision: Decision, record: PublishedRecord): void {
    if (decision.outcome === 'stale') return
    this.known += 1
    if (decision.outcome !== 'withheld') return
    this[SET_OF[decision.because]].push(key)
    this.withheld.push(record)
  }
}

const SET_OF = { masking: 'masked', changes: 'changed' } as const
