import type { PassKind } from '../../domain/pass.ts'
import { describeOutlook } from '../../ops/walk-totals.ts'
import type { FeedStatus, PassStatus, SetStatus } from './feed-status.ts'
import { describeMissed } from './describe-missed.ts'
import { age, grouped, until } from './phrases.ts'

export type Row = readonly [name: string, text: string]

/** A line for each resource that has such a pass. */
export function describePasses(label: string, pass: PassKind, feed: FeedStatus, now: number): readonly Row[] {
  const { resources, passes } = feed
  const ofKind = passes.filter((each) => each.pass === pass)
  const having = resources.filter(({ hasStamp }) => pass !== 'update' || hasStamp)
  if (resources.length > 0 && having.length === 0) return [[label, '–']]
  const describe = (name: string): string => {
    const status = ofKind.find(({ resource }) => resource === name)
    const head = status === undefined ? 'never' : describePass(status, now)
    return `${head}${describeNext({ resource: name, pass }, status, feed, now)}`
  }
  if (resources.length < 2) return [[label, describe(resources[0]?.name ?? ofKind[0]?.resource ?? '')]]
  return having.map(({ name }, i) => [i === 0 ? label : '', `${name}: ${describe(name)}`])
}

function describePass(status: PassStatus, now: number): string {
  const { state, startedAt, completedAt, walked, outlook, reconciledAt, resumed, sweepDoubt } = status
  const done = completedAt === null ? '' : `, last completed ${age(completedAt, now)} ago`
  if (status.decidesOn !== null) return describeDecision(status, status.decidesOn, done, now)
  const head =
    state === 'completed' && completedAt !== null
      ? `completed ${age(completedAt, now)} ago`
      : `${state === 'running' ? 'not at its end' : state}, begun ${age(startedAt, now)} ago${done}`
  const went = resumed ? ', resumed' : ''
  const doubted = sweepDoubt === null ? '' : `; inconclusive: ${sweepDoubt}`
  const far = outlook === null ? `${grouped(walked)} walked` : describeOutlook(walked, outlook)
  const missed = describeMissed(status.missed)
  const healed = missed === '' ? '' : `, missed by updates${missed}`
  const compared = reconciledAt === null ? '' : `, all content compared ${age(reconciledAt, now)} ago`
  return `${head}${went}: ${far}${healed}${compared}${doubted}`
}

/** It has walked nothing: the begin and the next one are those of what had held. */
function describeDecision(
  { state, startedAt, counts, deletes }: PassStatus,
  hold: string,
  done: string,
  now: number,
): string {
  const results = [
    ...ofSome(deletes['emitted'], 'deleted'),
    ...ofSome(counts['published'], 'published'),
    ...ofSome(deletes['refuted'], 'still there'),
  ]
  const what = results.length === 0 ? '' : `: ${results.join(', ')}`
  return `held, begun ${age(startedAt, now)} ago${done}; ${DECISIONS[state] ?? state} ${hold}${what}`
}

/** An approval that held again, or was interrupted, has ended nothing. */
const DECISIONS: Readonly<Record<string, string>> = {
  completed: 'an operator approved',
  rejected: 'an operator rejected',
  held: 'more than an operator approved of',
  running: 'not at its end is the approval of',
}

function ofSome(count: number | undefined, what: string): readonly string[] {
  return count === undefined || count === 0 ? [] : [`${grouped(count)} ${what}`]
}

/** Empty where nothing is said of that. */
function describeNext(
  { resource, pass }: { readonly resource: string; readonly pass: PassKind },
  status: PassStatus | undefined,
  feed: FeedStatus,
  now: number,
): string {
  const { parked, firstPurgeAt } = feed
  const paused = isPaused(feed, resource)
  const stands = parked.find((one) => one.resource === resource && one.pass === pass)
  if (stands !== undefined) {
    const { code, since, retryAt } = stands
    const next = paused ? 'paused' : `next try ${until(retryAt, now)}`
    return `; PARKED by ${code} for ${age(since, now)}; ${next}`
  }
  if (paused) return comesByItself(feed, { resource, pass }, status) ? '; paused' : ''
  const at = status?.nextAt ?? (pass === 'purge' ? firstPurgeAt[resource] : undefined)
  return at === undefined || status?.state === 'running' ? '' : `; next ${until(at, now)}`
}

/** A set goes with its record. */
function isPaused({ paused, sets }: FeedStatus, resource: string): boolean {
  const parent = sets.find(({ name }) => name === resource)?.parent
  return paused.some((one) => one.resource === null || one.resource === resource || one.resource === parent)
}

/** Once it is complete, the snapshot of what has updates does not come again; of sets, the fill alone stands for all. */
function comesByItself(
  { resources, sets }: FeedStatus,
  { resource, pass }: { readonly resource: string; readonly pass: PassKind },
  status: PassStatus | undefined,
): boolean {
  if (sets.some(({ name }) => name === resource)) return pass === 'snapshot'
  if (pass !== 'snapshot') return true
  const hasStamp = resources.find(({ name }) => name === resource)?.hasStamp ?? true
  return !hasStamp || status?.state !== 'completed'
}

/** A line for each that is not at its end: they come only when somebody asks for them. */
export function describeRepublishes({ passes }: FeedStatus, now: number): readonly Row[] {
  return passes
    .filter(({ pass, state }) => pass === 'republish' && state === 'running')
    .map((status) => ['Republish', `${status.resource}: ${describePass(status, now)}`])
}

/** A line for each: they have no interval and no purge of their own. */
export function describeSets(feed: FeedStatus, now: number): readonly Row[] {
  return feed.sets.map((set, i) => [i === 0 ? 'Sets' : '', `${set.name}: ${describeSet(set, feed, now)}`])
}

function describeSet({ name, live, owed, refusedBy }: SetStatus, feed: FeedStatus, now: number): string {
  const ofSet = feed.passes.filter(({ resource }) => resource === name)
  const fill = ofSet.find(({ pass }) => pass === 'snapshot')
  const parts = [
    live === null ? '–' : grouped(live),
    fill === undefined ? 'not filled yet' : `fill ${describePass(fill, now)}`,
  ]
  const next = (['snapshot', 'update'] as const).map((pass) => {
    const status = ofSet.find((one) => one.pass === pass)
    return describeNext({ resource: name, pass }, status, feed, now)
  })
  const isFilling = fill?.outlook !== null && fill?.outlook !== undefined
  const waiting = owed === null || owed === 0 || isFilling ? '' : `; ${grouped(owed)} owed`
  const isFilled = fill !== undefined && fill.completedAt !== null
  const again = `listingstream ${isFilled ? 'update' : 'snapshot'} --resource ${name}`
  return `${parts.join('; ')}${next.join('')}${waiting}${describeRefusals(refusedBy, again)}`
}

function describeRefusals(refusedBy: SetStatus['refusedBy'], again: string): string {
  const [first] = refusedBy
  if (first === undefined) return ''
  const which = refusedBy.map(({ mlsId }) => mlsId ?? 'not known').join(', ')
  return `; REFUSED by ${first.code} for MLS ${which}: asked again within a day, or at once by "${again}"`
}
