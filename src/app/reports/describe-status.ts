import { REQUEST_PURPOSES } from '../../domain/request-purpose.ts'
import type { CountByPurpose } from '../../domain/request-budget.ts'
import { printable } from '../../support/printable.ts'
import { describePasses, describeRepublishes, describeSets, type Row } from './describe-passes.ts'
import { describePause } from './describe-pause.ts'
import { age, grouped, span } from './phrases.ts'
import type { FeedStatus, Known, LiveRecords, PassStatus } from './feed-status.ts'
import { resourceWords } from './resource-words.ts'

const NAME_WIDTH = 14
const LONGEST_MESSAGE = 160

/**
 * For a person: a dozen lines, always the same ones in the same order; of several resources, each has lines of its own for
 * its passes, and so has each set of parts, if any are replicated. `now` is milliseconds since 1970.
 */
export function describeStatus(status: FeedStatus, now: number): readonly string[] {
  const { prefix, generation, source } = status
  const rows: readonly Row[] = [
    ['Feed', generation === null ? prefix : `${prefix}, generation ${generation}`],
    ['Source', source === null ? '–' : `${source.host}, user ${source.userId}, MLS ${source.mlsId}`],
    ['Scope', describeScope(status)],
    ['Daemon', describeDaemon(status, now)],
    ['Freshness', describeFreshness(status, now)],
    ['Live records', describeLive(status.liveRecords)],
    ...describePaused(status, now),
    ...describePasses('Snapshot', 'snapshot', status, now),
    ...describePasses('Update', 'update', status, now),
    ...describePasses('Purge', 'purge', status, now),
    ...describeRepublishes(status, now),
    ...describeSets(status, now),
    ['Held deletes', describeHeld(status)],
    ...describeHeldRecords(status),
    ['Last error', describeTrouble(status, now)],
    ['Dead letters', describeLetters(status.deadLetters)],
    ['API requests', describeRequests(status, now)],
  ]
  return rows.map(([name, text]) => printable(`${name.padEnd(NAME_WIDTH)}${text}`))
}

/** Nothing, where nobody has paused anything. */
function describePaused({ paused }: FeedStatus, now: number): readonly Row[] {
  if (paused.length === 0) return []
  return [['PAUSED', paused.map((pause) => describePause(pause, now)).join('; ')]]
}

const SCOPE_STATES = {
  kept: '',
  snapshot_due: '; the topic was filled by another one, a snapshot is due',
  purge_due: '; what left it is not purged yet',
} as const

function describeScope({ resources }: FeedStatus): string {
  const narrowed = resources.flatMap(({ name, scope, scopeState }) => {
    const { filter, select, expand } = scope
    const parts = [
      ...(filter === '' ? [] : [filter]),
      ...(select.length === 0 ? [] : [`fields ${select.join(', ')}`]),
      ...(expand === null ? [] : [`with ${expand}`]),
    ]
    if (parts.length === 0 && scopeState === 'kept') return []
    return [`${name}: ${parts.length === 0 ? 'everything' : parts.join('; ')}${SCOPE_STATES[scopeState]}`]
  })
  return narrowed.length === 0 ? 'everything' : narrowed.join('; ')
}

function describeDaemon({ daemon, owner }: FeedStatus, now: number): string {
  if (daemon !== null) {
    const { pid, host, startedAt, ready } = daemon
    return `up for ${age(startedAt, now)}, ${ready ? 'ready' : 'NOT READY'}: process ${pid} on ${host}`
  }
  if (owner === null) return 'not running'
  const { pid, host, aliveAt } = owner
  return `not running here; process ${pid} on ${host} was the last to write, ${age(aliveAt, now)} ago`
}

function describeFreshness(status: FeedStatus, now: number): string {
  const { resources, watermarks, passes } = status
  const ofSets = status.sets.map(({ name }) => name)
  const snapshots = passes.filter(({ resource, pass }) => pass === 'snapshot' && !ofSets.includes(resource))
  if (snapshots.length === 0) return '– (no snapshot has begun)'
  // Until then most records are not in the topic, however fresh those are that are.
  const complete = snapshots.filter(({ completedAt }) => completedAt !== null).map(({ resource }) => resource)
  const begun = [...resources.map(({ name }) => name), ...snapshots.map(({ resource }) => resource)]
  const partial = begun.find((name) => !complete.includes(name))
  if (partial !== undefined) {
    return `– (the first snapshot${resources.length < 2 ? '' : ` of ${partial}`} is not complete)`
  }
  const oldest = Object.values(watermarks).toSorted()[0]
  const updated =
    oldest === undefined
      ? []
      : [`all changes up to ${age(oldest, now)} ago (${oldest})${describeOwed(status)}`]
  const walked = resources
    .filter(({ hasStamp }) => !hasStamp)
    .map(({ name }) => `${name} by the full walk that ended ${ageOfWalk(name, passes, now)}`)
  return [...updated, ...walked, ...status.lateArrivals.map(describeLate)].join('; ')
}

function describeLate({
  resource,
  overlapSeconds,
  latenessSeconds,
}: FeedStatus['lateArrivals'][number]): string {
  const back = span(overlapSeconds * 1000)
  if (latenessSeconds === null) {
    return `CHANGES SHOWED UP LATE: updates of ${resource} look back ${back}, and have seen too few changes since to say whether they still do`
  }
  return `CHANGES SHOW UP LATE: those of ${resource} up to ${span(latenessSeconds * 1000)} behind the updates, which look back ${back}`
}

/** What the source cannot show is not published, however far the watermark is. */
function describeOwed({ owedSeconds }: FeedStatus): string {
  const seconds = Object.values(owedSeconds).flat().toSorted()
  const [first] = seconds
  if (first === undefined) return ''
  if (seconds.length === 1) return ` but those of one second that the API cannot show (${first})`
  return ` but those of ${grouped(seconds.length)} seconds that the API cannot show (from ${first})`
}

/** Of a resource whose records do not say when they changed: a content reconcile is as good as its full walk. */
function ageOfWalk(name: string, passes: readonly PassStatus[], now: number): string {
  const walks = passes.filter(({ resource, pass, state, compare }) => {
    const isWalk = pass === 'snapshot' || (pass === 'purge' && state === 'completed' && compare === 'content')
    return resource === name && isWalk
  })
  const ends = walks.flatMap(({ completedAt }) => completedAt ?? [])
  const endedAt = ends.toSorted().at(-1)
  return endedAt === undefined ? '–' : `${age(endedAt, now)} ago`
}

/** Of several resources, of each. */
function describeLive(live: LiveRecords): string {
  const each = Object.entries(live.byResource).map(([name, count]) => `${grouped(count)} ${name}`)
  return each.length < 2 ? describeKnown(live) : `${describeKnown(live)}: ${each.join(', ')}`
}

function describeKnown({ count, why }: Known): string {
  return count === null ? `– (${why ?? 'not known'})` : grouped(count)
}

/** No line where there are none: masses of them are rare. */
function describeHeldRecords({ resources, held }: FeedStatus): readonly Row[] {
  const each = held
    .filter(({ records }) => records > 0)
    .map(({ resource, records, pass, why, sweep }) => {
      const which = resources.length < 2 ? '' : ` of ${resource}`
      const option = resourceWords(resource)
      const reason = why === null ? '' : ` (${why})`
      const id = sweep === null ? '' : ` ${sweep}`
      return `${grouped(records)}${which} by the ${pass}${reason}; "listingstream purge show${id}${option}" shows them`
    })
  return each.length === 0 ? [] : [['Held records', each.join('; ')]]
}

function describeHeld({ resources, held }: FeedStatus): string {
  const ofDeletes = held.filter(({ deletes }) => deletes > 0)
  if (ofDeletes.length === 0) return 'none'
  const each = ofDeletes.map(({ resource, deletes, why, sweep }) => {
    const which = resources.length < 2 ? '' : ` of ${resource}`
    const option = resourceWords(resource)
    const reason = why === null ? '' : ` (${why})`
    const command = sweep === null ? 'purge --dry-run' : 'purge show'
    return `${grouped(deletes)}${which}${reason}; "listingstream ${command}${option}" shows them`
  })
  return each.join('; ')
}

function describeTrouble({ resources, lastError }: FeedStatus, now: number): string {
  if (lastError === null) return 'none known'
  const { code, message, resource, pass, at, lasts } = lastError
  const short = message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message
  const which = resource === null || resources.length < 2 ? '' : ` of ${resource}`
  const where = pass === null ? '' : ` of ${pass}${which}`
  return `${code}${where}, ${lasts ? `for ${age(at, now)}` : `${age(at, now)} ago`}: ${short}`
}

function describeLetters(letters: Known): string {
  if (letters.count === 0) return 'none'
  const hint = letters.count === null ? '' : ' wait; "listingstream dead-letters list" shows them'
  return `${describeKnown(letters)}${hint}`
}

function describeRequests({ apiRequests, budget, daemon }: FeedStatus, now: number): string {
  if (apiRequests === null) {
    return daemon === null ? '– (only a daemon counts them, and none runs here)' : '– (not known yet)'
  }
  const all = `${grouped(apiRequests.count)} in the last ${age(apiRequests.since, now)}`
  return budget === null ? all : `${all}; ${describeBudget(budget)}`
}

function describeBudget({
  limit,
  granted,
  used,
  waiting,
  misfit,
}: NonNullable<FeedStatus['budget']>): string {
  const rest = [
    ...(totalOf(waiting) === 0 ? [] : [`${byPurpose(waiting)} wait`]),
    ...(granted === limit ? [] : [`the API grants ${grouped(granted)}`]),
    ...(misfit === null ? [] : [misfit]),
  ]
  const which = totalOf(used) === 0 ? '' : ` (${byPurpose(used)})`
  return [`${grouped(totalOf(used))} of ${grouped(limit)} in the last 5 min${which}`, ...rest].join('; ')
}

function totalOf(counts: CountByPurpose): number {
  return REQUEST_PURPOSES.reduce((sum, purpose) => sum + counts[purpose], 0)
}

/** Those that there are: `12 update, 300 walk`. */
function byPurpose(counts: CountByPurpose): string {
  const some = REQUEST_PURPOSES.filter((purpose) => counts[purpose] > 0)
  return some.map((purpose) => `${grouped(counts[purpose])} ${purpose}`).join(', ')
}
