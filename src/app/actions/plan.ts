/** `plan`: the next update and purge of each resource, which write nothing and tell what they would publish. */
import { loadSettings, type FeedChoice } from '../../config/load-settings.ts'
import type { PassKind } from '../../domain/pass.ts'
import type { ListedResource } from '../../domain/resource.ts'
import { isWatched } from '../../ops/is-watched.ts'
import { isSnapshotDue } from '../../replication/loop.ts'
import { LISTINGS } from '../../resources/listings.ts'
import { printJson, printLine, printLines } from '../../support/print.ts'
import { requireChosen } from '../compose/chosen-resources.ts'
import { watchedTransport } from '../compose/clients.ts'
import { commandSurroundings } from '../compose/command-surroundings.ts'
import { requireLastingFilter } from '../compose/lasting-filter.ts'
import { WRITER_GROUPS } from '../compose/settings-groups.ts'
import { exitCodeOf, type PassReport } from '../passes/pass-report.ts'
import { runPassWithSets } from '../passes/run-pass.ts'
import { describePlannedPass, describePlannedRecord } from '../plan/describe-planned.ts'
import { openPlan, type PlannedFeed } from '../plan/open-plan.ts'
import { plannedRecords, type PlannedRecord } from '../plan/planned-records.ts'
import { progressLine } from '../reports/progress-line.ts'

export interface PlanOptions extends FeedChoice {
  /** @default all that are replicated */
  readonly resource?: ListedResource
  readonly acceptSource?: true
  readonly force?: true
  readonly json?: true
}

/** Exit code 3 if the guard would hold something, 1 if sets could not be read. */
export async function planPasses(options: PlanOptions, signal: AbortSignal): Promise<number> {
  const { acceptSource = false, force = false, json = false } = options
  const settings = loadSettings(WRITER_GROUPS, { feed: options.feed })
  if (options.resource !== undefined) requireChosen(settings.feed, options.resource)
  requireLastingFilter(settings.feed, force)
  const { logger, metrics, outages, totals } = commandSurroundings(settings, isWatched())
  const title = `${settings.feed.topicPrefix}: plan`
  using line = progressLine({ title, resource: options.resource ?? LISTINGS }, totals)
  line.say('reading the topics')
  const tellRecord = (record: PlannedRecord): void => {
    if (json) printJson({ record })
    else printLine(describePlannedRecord(record))
  }
  await using transport = watchedTransport(settings.spark, { metrics, logger })
  await using feed = await openPlan(
    {
      settings,
      wishes: { anyOwner: true, acceptSource },
      transport,
      logger,
      metrics,
      observer: line.observer,
      outages,
      totals,
    },
    (request) => {
      const records = plannedRecords(request)
      if (records.length > 0) line.above(() => records.forEach(tellRecord))
    },
    signal,
  )
  const exitCodes: number[] = []
  for (const resource of feed.resources) {
    if (options.resource !== undefined && options.resource.name !== resource.name) continue
    for (const pass of nextPasses(feed, resource)) {
      const report = await runPassWithSets(feed, resource, pass, NO_WISHES, signal)
      exitCodes.push(exitCodeOf(report))
      line.above(() => tellPass(report, json))
    }
  }
  return Math.max(...exitCodes)
}

const NO_WISHES = { dryRun: false, fresh: false, approveUpTo: undefined, compare: undefined } as const

/** Of what has no stamp, a full walk stands in for the update. */
function nextPasses({ runner }: PlannedFeed, resource: ListedResource): readonly PassKind[] {
  const { stamp } = resource
  if (stamp === null) return ['snapshot', 'purge']
  return isSnapshotDue(runner.feed.state, resource) ? ['snapshot', 'update', 'purge'] : ['update', 'purge']
}

function tellPass(report: PassReport, json: boolean): void {
  if (json) printJson({ pass: report })
  else printLines(describePlannedPass(report))
}
