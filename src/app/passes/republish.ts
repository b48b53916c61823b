/** The pass that publishes records again, and what it says of them. */
import { z } from 'zod'

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

const REPUBLISHED_KEY = z.object({ key: z.string(), fate: z.enum(FATES) })
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
  feed: OpenFeed,
  resource: Replicated,
  selection: RepublishSelection,
  signal: AbortSignal,
  onBegin: () => void = () => undefined,
): Promise<RepublishReport> {
  const options = { ...PLAIN_PASS, republish: selection, onDemand: true, onBegin }
  const result = await feed.runner.run(resource, 'republish', options, signal)
  const { fates, left } = result.republished ?? {}
  return {
    ...reportOf(result, false),
    republished: {
      keys: fates === undefined ? null : [...fates].map(([key, fate]) => ({ key, fate })),
      left: left === undefined ? null : { count: left.count, keys: [...left.keys] },
    },
  }
}

export function parseRepublishReport(answer: unknown): RepublishReport {
  const { republished } = z.object({ republished: REPUBLISHED }).parse(answer)
  return { ...parsePassReport(answer), republished }
}
