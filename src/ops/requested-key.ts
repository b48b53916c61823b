import type { RecordKey } from '../domain/record-key.ts'

export interface RequestedKey {
  readonly resource: string
  readonly key: RecordKey
  /** Whether the source is asked for it, too. */
  readonly ask: boolean
}
