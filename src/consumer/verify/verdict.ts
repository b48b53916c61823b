import type { ResourceName } from '../../domain/resource.ts'
import type { CertificateRecord } from '../../feed/state-records.ts'
import type { KeyProblem } from './compared-keys.ts'

/** What came of the comparison of one resource. */
export type Verdict =
  /** `none`: no sweep of this generation has published one; `behind`: all of them are of a later state than the store's. */
  | { readonly kind: 'no-certificate'; readonly resource: ResourceName; readonly why: 'none' | 'behind' }
  | ComparedVerdict

export interface ComparedVerdict {
  readonly kind: 'compared'
  readonly resource: ResourceName
  readonly certificate: CertificateRecord
  /** Keys that were compared: of the store, or of the topic below the certificate's offsets. */
  readonly keys: number
  /** Records of the topic behind the certificate's offsets that the comparison rests on, too. @default 0: none was needed */
  readonly recordsRead: number
  readonly problems: Readonly<Record<KeyProblem, number>>
  /** Buckets in which the topic is not what the certificate says. */
  readonly refuted: readonly number[]
  /** Buckets of which that is not known: compaction has taken records that it was made of. */
  readonly unproved: readonly number[]
}

/** Whether everything is proved to be equal. */
export function isProved(verdict: Verdict): boolean {
  if (verdict.kind !== 'compared') return false
  const { problems, refuted, unproved } = verdict
  return Object.values(problems).every((count) => count === 0) && refuted.length + unproved.length === 0
}
