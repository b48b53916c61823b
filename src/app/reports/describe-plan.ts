import { HIGHEST_NAMED_RATE } from '../../domain/request-budget.ts'
import { REQUEST_PURPOSES } from '../../domain/request-purpose.ts'
import type { Remedy } from '../../replication/plan-remedies.ts'
import type { RequestPlan } from '../../replication/request-plan.ts'
import type { CountedResource, Origin } from '../budget/known-counts.ts'
import { grouped, span } from './phrases.ts'
import { alignColumns } from './table.ts'

const ORIGINS: Readonly<Record<Origin, string>> = {
  given: 'as given',
  checkpoints: 'by the checkpoints',
  assumed: 'assumed',
}

/** For a person. */
export function describePlan(
  resources: readonly CountedResource[],
  apiRate: number,
  plan: RequestPlan,
  remedies: readonly Remedy[],
): readonly string[] {
  const { perDay, rateOfDay, busiest, needed, fits } = plan
  const total = perDay.reduce((sum, { requests }) => sum + requests, 0)
  return [
    ...resources.map(describeCounts),
    '',
    ...tableOf(resources, perDay),
    '',
    `All together        ${grouped(total)} a day; API_RATE=${apiRate} allows ${grouped(rateOfDay)}`,
    `Busiest 5 minutes   ${grouped(busiest.updates)} of ${grouped(apiRate)} for updates, which go first; ${grouped(busiest.others)} others, if all fall together, take the room that is left`,
    `First download      ${describeDownload(plan)}`,
    fits
      ? `It fits: ${grouped(needed)} requests in 5 minutes hold all updates that fall together, and in the long run all the others.`
      : describeMisfit(plan, remedies),
  ]
}

function describeDownload({ firstDownload: { requests, seconds } }: RequestPlan): string {
  const most = `${grouped(requests)} requests at most`
  if (seconds === null) return `${most}, never: updates leave no room for it`
  return seconds === 0
    ? `${most}, which 5 minutes have room for`
    : `${most}; so many take at least ${span(seconds * 1000)}`
}

function describeCounts({
  resource,
  records,
  recordsFrom,
  changesPerDay,
  changesFrom,
}: CountedResource): string {
  const { name } = resource
  return `${name}: ${grouped(records)} records (${ORIGINS[recordsFrom]}), ${grouped(changesPerDay)} changes a day (${ORIGINS[changesFrom]})`
}

function tableOf(resources: readonly CountedResource[], perDay: RequestPlan['perDay']): readonly string[] {
  const names = resources.map(({ resource }) => resource.name)
  const cell = (name: string, purpose: string): string =>
    grouped(perDay.find((row) => row.resource === name && row.purpose === purpose)?.requests ?? 0)
  const rows = [
    ['REQUESTS A DAY', ...REQUEST_PURPOSES],
    ...names.map((name) => [name, ...REQUEST_PURPOSES.map((purpose) => cell(name, purpose))]),
  ]
  return alignColumns(rows, [1, 2, 3, 4])
}

/** One sentence, for the log as well. */
export function describeMisfit({ needed }: RequestPlan, remedies: readonly Remedy[]): string {
  const isNamed = needed <= HIGHEST_NAMED_RATE
  const most = isNamed ? '' : `, and the vendor names no rate above ${grouped(HIGHEST_NAMED_RATE)}`
  const problem = `It does not fit: ${grouped(needed)} requests in 5 minutes are needed to be done in time${most}.`
  if (remedies.length === 0) {
    return `${problem} No one setting is enough: longer intervals, MEDIA_FETCH=auto and fewer SUBRESOURCES together may be.`
  }
  const changes = remedies.map(describeRemedy).join(', ')
  const proviso = isNamed ? ' (API_RATE only where the key has as much)' : ''
  return `${problem} One of these is enough: ${changes}${proviso}.`
}

function describeRemedy(remedy: Remedy): string {
  if (remedy.setting === 'SUBRESOURCES' && remedy.parts.length === 0) return 'no SUBRESOURCES'
  return `${remedy.setting}=${valueOf(remedy)}`
}

function valueOf(remedy: Remedy): string | number {
  if ('count' in remedy) return remedy.count
  if ('parts' in remedy) return remedy.parts.join(',')
  return 'way' in remedy ? remedy.way : written(remedy.interval)
}

/** As the setting takes it. */
function written(interval: number): string {
  if (interval % 86_400_000 === 0) return `${interval / 86_400_000}d`
  return interval % 3_600_000 === 0 ? `${interval / 3_600_000}h` : `${interval / 60_000}m`
}
