import type { Change, DeadLetter, Upsert } from '../domain/change.ts'
import type { SchemaId } from '../domain/content.ts'
import type { IndexEntry } from '../domain/index-entry.ts'
import { NO_OUTCOMES, type OutcomeCounts } from '../domain/pass.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import type { BatchPart } from './batch.ts'
import { publishedDigest, type Decision } from './classify.ts'

export interface DecidedRecord {
  readonly key: RecordKey
  /** What the index holds of it. */
  readonly entry: IndexEntry | undefined
  readonly decision: Decision
  readonly request: number
  /** It has a dead letter, whatever the index says. */
  readonly lettered: boolean
}

/** What records of one resource come to, one after the other (R11). */
export class PartDraft {
  readonly #resource: ResourceDescription
  readonly #changes: Change[] = []
  readonly #deadLetters: DeadLetter[]
  readonly #settledLetters: RecordKey[] = []
  readonly #entries = new Map<RecordKey, IndexEntry>()
  readonly #counts: { -readonly [Outcome in keyof OutcomeCounts]: number }

  /** @param unreadable rows that are dead letters before anybody looks at them */
  constructor(resource: ResourceDescription, unreadable: readonly DeadLetter[] = []) {
    this.#resource = resource
    this.#deadLetters = [...unreadable]
    this.#counts = { ...NO_OUTCOMES, dead_lettered: unreadable.length }
  }

  /** Rows that another one of the same page takes the place of (R6). */
  repeated(rows: number): void {
    this.#counts.stale += rows
  }

  take({ key, entry, decision, request, lettered }: DecidedRecord): void {
    this.#counts[decision.outcome === 'withheld' ? 'stale' : decision.outcome] += 1
    if ((lettered || entry?.state === 'dead_lettered') && isPublished(decision))
      this.#settledLetters.push(key)
    switch (decision.outcome) {
      case 'published':
        this.#changes.push(decision.change)
        this.#entries.set(key, publishedEntry(decision.change, request))
        break
      case 'unchanged':
        this.#entries.set(key, decision.entry)
        break
      case 'dead_lettered':
        this.#deadLetters.push(decision.deadLetter)
        this.#entries.set(key, decision.entry)
        break
      case 'stale':
      case 'withheld':
        break
    }
  }

  part(): BatchPart {
    return {
      resource: this.#resource,
      changes: this.#changes,
      deadLetters: this.#deadLetters,
      settledLetters: this.#settledLetters,
      entries: this.#entries,
      counts: this.#counts,
    }
  }
}

/** Under which the content of known records was published: what it is compared under (R5). */
export function publishedSchemas(known: readonly (IndexEntry | undefined)[]): ReadonlySet<SchemaId> {
  const published = known.filter((entry) => entry !== undefined && publishedDigest(entry) !== undefined)
  return new Set(published.flatMap((entry) => entry?.schemaId ?? []))
}

/** Whether the topic says what the record says, now or already. */
function isPublished(decision: Decision): boolean {
  if (decision.outcome === 'unchanged') return decision.entry.state === 'live'
  return decision.outcome === 'published'
}

function publishedEntry(change: Upsert, request: number): IndexEntry {
  return {
    state: 'live',
    digest: change.content.digest,
    schemaId: change.content.schemaId,
    masked: change.content.masked ?? 0,
    modificationTimestamp: change.modificationTimestamp,
    observedAt: change.observedAt,
    changeStamps: change.changeStamps,
    mlsId: change.mlsId,
    partition: -1,
    offset: -1,
    request,
  }
}
