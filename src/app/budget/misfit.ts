/** Whether the settings of a running feed fit its request budget, by what it knows of itself by now. */
import type { Settings } from '../../config/settings.ts'
import type { FeedState } from '../../domain/feed-state.ts'
import type { ListedResource } from '../../domain/resource.ts'
import type { Logger } from '../../ops/logger.ts'
import type { WalkTotals } from '../../ops/walk-totals.ts'
import { remediesFor } from '../../replication/plan-remedies.ts'
import { planRequests } from '../../replication/request-plan.ts'
import { describeMisfit } from '../reports/describe-plan.ts'
import { countedResources, type GivenCounts } from './known-counts.ts'

type BudgetSettings = Pick<Settings, 'passes' | 'spark'>

/**
 * In one sentence, with what to change; null if they fit.
 *
 * @param apiRate what there is of it: the setting, or what the source grants
 */
export function misfitOf(
  { passes: schedule, spark }: BudgetSettings,
  apiRate: number,
  resources: readonly ListedResource[],
  given: GivenCounts,
  passes: FeedState['passes'],
): string | null {
  const counted = countedResources(resources, given, passes)
  const { pageLimit, mediaFetch } = spark
  const settings = { ...schedule, apiRate, pageLimit, mediaFetch }
  const plan = planRequests(counted, settings)
  return plan.fits ? null : describeMisfit(plan, remediesFor(counted, settings))
}

export function warnOfMisfit(
  { settings, totals, logger }: { settings: BudgetSettings; totals: WalkTotals; logger: Logger },
  resources: readonly ListedResource[],
  { passes }: Pick<FeedState, 'passes'>,
): void {
  const given = { records: totals.all, changesPerDay: new Map() }
  const misfit = misfitOf(settings, settings.spark.apiRate, resources, given, passes)
  if (misfit !== null) logger.warn({ setting: 'API_RATE' }, `the requests that the passes need: ${misfit}`)
}
