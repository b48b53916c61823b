/** The pass that publishes records again, and what it says of them. */
import { z } from 'zod'

import { formatInstant } from '../../domain/instant.ts'
import type { RecordKey } from '../../domain/record-key.ts'
import type { Replicated } from '../../domain/resource.ts'
import { PLAIN_PASS } from '../../replication/feed-runner.ts'
import type { RepublishFate, RepublishSelection } from '../../replication/republish.ts'
import type { OpenFeed } from '../compose/open-feed.ts'
import { parsePassReport, reportOf, type PassReport } from './pass-report.ts'

const FATES = [
  'republished',
  'changed',
  'published_meanwhile',
  'dead_lettered',
  'passed_over',
  'not_shown',
  'refused',
  'failed',
  'no_set',
] as const satisfies readonly RepublishFate[]

const REPUBLISHED_KEY = z.object({
  key: z.string(),
  fate: z.enum(FATES),
  /** Of one that is not shown: since when the feed has it as deleted; null if it has not. */
  deletedSince: z.iso.datetime().nullable().default(null),
})
export type RepublishedKey = z.output<typeof REPUBLISHED_KEY>

const REPUBLISHED = z.object({
  /** Those that were named, in their order; null for everything. */
  keys: z.array(REPUBLISHED_KEY).nullable(),
  /** Of everything: live keys that got no event, the first 1,000 by name; null for certain keys. */
  left: z.object({ count: z.number(), keys: z.array(z.string()) }).nullable(),
})

export interface RepublishReport extends PassReport {
  readonly republished: z.output<typeof REPUBLISHED>
}

export async function republish(
  feed: Pick<OpenFeed, 'runner'>,
  resource: Replicated,
  selection: RepublishSelection,
  signal: AbortSignal,
  onBegin: () => void = () => undefined,
): Promise<RepublishReport> {
  const options = { ...PLAIN_PASS, republish: selection, onDemand: true, onBegin }
  const result = await feed.runner.run(resource, 'republish', options, signal)
  const { fates, left } = result.republished ?? {}
  const keys = fates === undefined ? null : await withDeletes(feed, resource, [...fates])
  return {
    ...reportOf(result, false),
    republished: {
      keys,
      left: left === undefined ? null : { count: left.count, keys: [...left.keys] },
    },
  }
}

async function withDeletes(
  feed: Pick<OpenFeed, 'runner'>,
  { name }: Replicated,
  fates: readonly (readonly [RecordKey, RepublishFate])[],
): Promise<RepublishedKey[]> {
  const { index } = feed.runner.feed
  const entries = await index.getMany(
    name,
    fates.map(([key]) => key),
  )
  return fates.map(([key, fate], i) => {
    const entry = entries[i]
    const isDeleted = fate === 'not_shown' && entry?.state === 'deleted'
    return { key, fate, deletedSince: isDeleted ? formatInstant(entry.observedAt) : null }
  })
}

export function parseRepublishReport(answer: unknown): RepublishReport {
  const { republished } = z.object({ republished: REPUBLISHED }).parse(answer)
  return { ...parsePassReport(answer), republished }
}
