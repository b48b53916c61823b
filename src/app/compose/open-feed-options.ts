import type { Settings } from '../../config/settings.ts'
import type { PassKind } from '../../domain/pass.ts'
import type { Replicated } from '../../domain/resource.ts'
import type { Logger } from '../../ops/logger.ts'
import type { FeedMetrics } from '../../ops/feed-metrics.ts'
import type { Outages } from '../../ops/outages.ts'
import type { WalkTotals } from '../../ops/walk-totals.ts'
import type { Observer, WalkTurns } from '../../replication/ports.ts'
import type { Transport } from '../../spark/transport.ts'
import type { TakeOverWishes } from './ownership.ts'

export type FeedSettings = Pick<
  Settings,
  'spark' | 'kafka' | 'registry' | 'feed' | 'topics' | 'passes' | 'tracing'
>

export interface WantedPass {
  readonly resource: Replicated
  readonly pass: PassKind
}

export interface OpenFeedOptions {
  readonly settings: FeedSettings
  readonly wishes: TakeOverWishes
  /** `snapshot --restart` */
  readonly restart: boolean
  /** The pass that a command wants: it is refused before anything is claimed or written if it cannot be. @default any */
  readonly wanted?: WantedPass
  /** The daemon waits for Kafka as long as it takes; a one-pass command gives up. */
  readonly patient: boolean
  /** Of the key that the settings have: one in a process, whatever is opened with it, and how often. */
  readonly transport: Transport
  /** Of the process. @default as many as come */
  readonly walks?: WalkTurns
  readonly logger: Logger
  readonly metrics: FeedMetrics
  readonly observer: Observer
  readonly outages: Outages
  /** Told what a full walk will show, as far as that is known. */
  readonly totals: WalkTotals
}
