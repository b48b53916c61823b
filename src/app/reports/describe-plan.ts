import { REQUEST_PURPOSES } from '../../domain/request-purpose.ts'
import type { Remedy } from '../../replication/plan-remedies.ts'
import type { RequestPlan } from '../../replication/request-plan.ts'
import type { CountedResource, Origin } from '../budget/known-counts.ts'
import { span } from './phrases.ts'
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
  const { perDay, rateOfDay, busiest, firstDownload, fits } = plan
  const total = perDay.reduce((sum, { requests }) => sum + requests, 0)
  const { requests, seconds } = firstDownload
  const time = seconds === null ? 'never: updates leave no room for it' : `at least ${span(seconds * 1000)}`
  return [
    ...resources.map(describeCounts),
    '',
    ...tableOf(resources, perDay),
    '',
    `All together        ${grouped(total)} a day; API_RATE=${apiRate} allows ${grouped(rateOfDay)}`,
    `Busiest 5 minutes   ${grouped(busiest)} of ${grouped(apiRate)}, if all that can be due falls together`,
    `First download      ${grouped(requests)} requests, ${time}`,
    fits ? 'It fits.' : describeMisfit(plan, remedies),
  ]
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
  const changes = remedies.map(describeRemedy).join(', ')
  return `It does not fit: ${grouped(needed)} requests in 5 minutes are needed to be done in time. One of these is enough: ${changes} (API_RATE only where the key has as much).`
}

function describeRemedy(remedy: Remedy): string {
  return `${remedy.setting}=${valueOf(remedy)}`
}

function valueOf(remedy: Remedy): string | number {
  if ('count' in remedy) return remedy.count
  return 'way' in remedy ? remedy.way : written(remedy.interval)
}

/** As the setting takes it. */
function written(interval: number): string {
  if (interval % 86_400_000 === 0) return `${interval / 86_400_000}d`
  return interval % 3_600_000 === 0 ? `${interval / 3_600_000}h` : `${interval / 60_000}m`
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}
