/** `plan-requests`: what the feed will ask of the API, before it asks anything. */
import { loadSettings, type FeedChoice } from '../../config/load-settings.ts'
import { SettingsError } from '../../config/settings-error.ts'
import type { FeedState } from '../../domain/feed-state.ts'
import type { ListedResource, ResourceName } from '../../domain/resource.ts'
import { remediesFor } from '../../replication/plan-remedies.ts'
import { planRequests } from '../../replication/request-plan.ts'
import { printJson, printLines } from '../../support/print.ts'
import { countedResources, type CountedResource } from '../budget/known-counts.ts'
import { chosenResources } from '../compose/chosen-resources.ts'
import { openFeedReader } from '../compose/feed-reader.ts'
import { READER_GROUPS, type ReaderSettings } from '../compose/settings-groups.ts'
import { describePlan } from '../reports/describe-plan.ts'

export type Counts = ReadonlyMap<ResourceName, number>

export interface PlanOptions extends FeedChoice {
  readonly records?: Counts
  readonly changesPerDay?: Counts
  readonly json?: true
}

/** Exit code 1 if it does not fit. */
export async function planFeed(options: PlanOptions, signal: AbortSignal): Promise<number> {
  const settings = loadSettings([...READER_GROUPS, 'requests', 'passes'], { feed: options.feed })
  const { passes, requests } = settings
  const resources = chosenResources(settings.feed)
  const given = { records: options.records ?? new Map(), changesPerDay: options.changesPerDay ?? new Map() }
  requireReplicated(resources, '--records', given.records)
  requireReplicated(resources, '--changes-per-day', given.changesPerDay)
  const isAllGiven = resources.every(({ name }) => given.records.has(name))
  const known = isAllGiven ? new Map() : await passesOf(settings, signal)
  const counted = countedResources(resources, given, known)
  requireCounted(counted)

  const planSettings = { ...passes, ...requests }
  const plan = planRequests(counted, planSettings)
  const remedies = remediesFor(counted, planSettings)
  if (options.json === true) printJson({ resources: counted.map(statedCounts), ...plan, remedies })
  else printLines(describePlan(counted, requests.apiRate, plan, remedies))
  return plan.fits ? 0 : 1
}

async function passesOf(settings: ReaderSettings, signal: AbortSignal): Promise<FeedState['passes']> {
  await using reader = await openFeedReader(settings, signal)
  const { cluster, names, log } = reader
  const topics = await cluster.describeTopics([names.checkpoints], signal)
  if (topics.has(names.checkpoints)) await log.refresh(signal)
  return log.state().passes
}

/** @throws {SettingsError} for numbers of what the settings do not replicate */
function requireReplicated(resources: readonly ListedResource[], option: string, given: Counts): void {
  const replicated = resources.map(({ name }) => name)
  const others = [...given.keys()].filter((name) => !replicated.includes(name))
  if (others.length === 0) return
  const problem = `${others.join(', ')}: not replicated by these settings. Leave it out, or set RESOURCES=${[...replicated, ...others].join(',')}.`
  throw new SettingsError([{ name: option, problem }])
}

/** @throws {SettingsError} where there is a resource of which nothing is known */
function requireCounted(counted: readonly CountedResource[]): void {
  const unknown = counted.filter(({ recordsFrom }) => recordsFrom === 'assumed')
  if (unknown.length === 0) return
  const names = unknown.map(({ resource }) => resource.name)
  const problem = `No full walk of ${names.join(', ')} has come to its end, so nobody knows how many there are. Example: --records ${names.map((name) => `${name}=50000`).join(',')}`
  throw new SettingsError([{ name: '--records', problem }])
}

function statedCounts({ resource, ...counts }: CountedResource): object {
  return { resource: resource.name, ...counts }
}
