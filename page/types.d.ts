/** What the daemon answers to the page, in the daemon's own types. */
import type { HoldAnswer } from '../src/app/holds/hold-report.ts'
import type { KeyReport } from '../src/app/explain/explain-key.ts'
import type { OddValues } from '../src/app/explain/odd-values.ts'
import type { PassReport } from '../src/app/passes/pass-report.ts'
import type { FeedStatus } from '../src/app/reports/feed-status.ts'
import type { HealthReport } from '../src/ops/health.ts'
import type { LagFigures } from '../src/ops/lag-gauges.ts'
import type { EventKind } from '../src/ops/page/event-rates.ts'
import type { FeedBrief as Brief, HistoryReport } from '../src/ops/page/feed-history.ts'
import type { PassEntry } from '../src/ops/page/pass-log.ts'

export type { EventKind, HoldAnswer, KeyReport, OddValues, PassEntry, PassReport }

/** While the feed is not open there is only its health. */
export type Status = { readonly prefix: string; readonly health: HealthReport } & (
  | { readonly resources?: undefined }
  | Omit<FeedStatus, 'health' | 'prefix'>
)
export type OpenStatus = Extract<Status, { resources: unknown[] }>

export interface Tick {
  readonly at: string
  readonly status: Status
  readonly groups: LagFigures
  readonly history: HistoryReport
}

export interface FeedSummary {
  readonly prefix: string
  readonly state: string
  readonly ready: boolean
  readonly reasons: HealthReport['reasons']
}

/** As `GET /feeds/stream` has it. */
export interface FeedBrief extends FeedSummary, Brief {
  /** What the guard holds. */
  readonly held: number
  /** Records that could not be published, and wait; null while they are not counted. */
  readonly deadLetters: number | null
}

export interface Letters {
  readonly waiting: number
  readonly letters: readonly {
    readonly topic: string
    readonly name: string
    readonly reason: string
    readonly passId: string
    readonly at: string
    readonly bytes: number
  }[]
}

/** By minute since 1970. */
export type Minutes = ReadonlyMap<number, number>
