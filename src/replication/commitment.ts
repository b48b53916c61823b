import type { SweepCertificate } from '../domain/certificate.ts'
import type { HoldChanges } from '../domain/hold.ts'
import type { Instant } from '../domain/instant.ts'
import type { FeedNotification } from '../domain/notification.ts'
import type { PassMarker, PassProgress } from '../domain/pass.ts'
import type { Pause } from '../domain/pause.ts'
import type { Batch } from './batch.ts'
import { pieceProgress } from './split-batch.ts'

/** What goes into the transaction beside the events. */
export interface Commitment {
  readonly progress: PassProgress
  /** R4; null leaves it. Never moves it back. */
  readonly watermark: Instant | null
  /** An operator moves it back. @default false */
  readonly mayGoBack?: boolean
  readonly markers: readonly PassMarker[]
  /** @default the topic of holds stays as it is */
  readonly holds?: HoldChanges
  /** @default none */
  readonly certificates?: readonly SweepCertificate[]
  /** @default as they are */
  readonly pauses?: readonly Pause[]
  /** @default none */
  readonly notifications?: readonly FeedNotification[]
}

/** Of a piece, and of the whole where nothing is left. */
export function commitmentOf(
  whole: Commitment,
  before: PassProgress | undefined,
  left: Batch | undefined,
): Commitment {
  if (left === undefined) return whole
  return { progress: pieceProgress(whole.progress, before, left), watermark: null, markers: [] }
}

/** R4: a watermark never goes back. Null if there is nothing to move. */
export function later(wanted: Instant | null, current: Instant | undefined): Instant | null {
  return wanted !== null && (current === undefined || wanted > current) ? wanted : null
}
