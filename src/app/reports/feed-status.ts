/** What `status` shows: the same from a daemon's memory and from the topics, as far as each knows it. */
import { z } from 'zod'

import {
  MISSED_REASONS,
  PASS_KINDS,
  PURGE_COMPARES,
  type PassProgress,
  type PassTrack,
  type SourceIdentity,
  type TimeSlice,
} from '../../domain/pass.ts'
import { isOfRecords, type StandingHold } from '../../domain/hold.ts'
import { published, type ListedResource } from '../../domain/resource.ts'
import { REQUEST_PURPOSES } from '../../domain/request-purpose.ts'
import type { HealthReport } from '../../ops/health.ts'
import type { Outlook } from '../../ops/walk-totals.ts'
import { formatInstant, type Instant } from '../../domain/instant.ts'
import type { FeedState } from '../../domain/feed-state.ts'
import { isUnder } from '../../domain/scope.ts'
import { compareOfSweep } from '../../replication/reconcile.ts'

const TIME = z.iso.datetime()
/** A number that is known, or why it is not. */
const KNOWN = z.object({ count: z.number().nullable(), why: z.string().nullable() })
export type Known = z.output<typeof KNOWN>

const LIVE = KNOWN.extend({ byResource: z.record(z.string(), z.number()).default({}) })
export type LiveRecords = z.output<typeof LIVE>

const OWNER = z.object({ host: z.string(), pid: z.number(), dataDir: z.string(), aliveAt: TIME })

const SCOPE = z.object({ filter: z.string(), select: z.array(z.string()), expand: z.string().nullable() })
/** Whether the topic holds what the scope shows, as far as passes have come. */
const SCOPE_STATE = z.enum(['kept', 'snapshot_due', 'purge_due'])

const RESOURCE = z.object({
  name: z.string(),
  /** Its records say when they changed, so that it has updates. */
  hasStamp: z.boolean(),
  scope: SCOPE.default({ filter: '', select: [], expand: null }),
  scopeState: SCOPE_STATE.default('kept'),
})

/** The set of one kind of parts of each record. */
const SET = z.object({
  name: z.string(),
  /** What it is a part of. */
  parent: z.string(),
  /** In the topic; null where it is not known. */
  live: z.number().nullable(),
  /** Not read yet; null where it is not known. */
  owed: z.number().nullable(),
  /** MLSs whose sets the source refuses; none without a daemon. */
  refusedBy: z.array(z.object({ mlsId: z.string().nullable(), code: z.string(), message: z.string() })),
})
export type SetStatus = z.output<typeof SET>

/** Of a full walk that is not at its end; null where nobody knows. */
const OUTLOOK = z.object({
  total: z.number().nullable(),
  percent: z.number().nullable(),
  secondsLeft: z.number().nullable(),
})

const PASS = z.looseObject({
  resource: z.string(),
  pass: z.string(),
  state: z.string(),
  startedAt: TIME,
  walked: z.number(),
  /** The slice of time that an update walks; `until` null: its end is open. */
  window: z.object({ after: TIME, until: TIME.nullable() }).nullable().default(null),
  /** Of a purge whose last try came to no conclusion: why. */
  sweepDoubt: z.string().nullable().default(null),
  /** It was interrupted, and went on. */
  resumed: z.boolean().default(false),
  completedAt: TIME.nullable().default(null),
  nextAt: TIME.nullable().default(null),
  /** Of a purge: what it walked and compared; null for other passes. */
  compare: z.enum(PURGE_COMPARES).nullable().default(null),
  /** Of a purge: when the last content reconcile of the resource began that came to a verdict; null if none did. */
  reconciledAt: TIME.nullable().default(null),
  /** What it published that no update had brought, by reason. */
  missed: z.partialRecord(z.enum(MISSED_REASONS), z.number()).default({}),
  /** Of an operator's decision: the hold that it was on; null for others. */
  decidesOn: z.string().nullable().default(null),
  counts: z.record(z.string(), z.number()).default({}),
  deletes: z.record(z.string(), z.number()).default({}),
  /** Of one that is running, at its pace of the last minutes. */
  outlook: OUTLOOK.nullable().default(null),
})
export type PassStatus = z.output<typeof PASS>

const TROUBLE = z.object({
  code: z.string(),
  message: z.string(),
  resource: z.string().nullable(),
  pass: z.string().nullable(),
  at: TIME,
  /** It is not over. */
  lasts: z.boolean(),
})
export type Trouble = z.output<typeof TROUBLE>

const DAEMON = z.object({ pid: z.number(), host: z.string(), startedAt: TIME, ready: z.boolean() })
const LATE = z.object({
  resource: z.string(),
  overlapSeconds: z.number(),
  latenessSeconds: z.number().nullable(),
})
const HELD = z.object({
  resource: z.string(),
  /** 0 where records are held that were read again. */
  deletes: z.number(),
  records: z.number().default(0),
  /** That found it. */
  pass: z.string().default('purge'),
  why: z.string().nullable(),
  /** Whose keys are written down, to be decided on; null if a version holds them that wrote none. */
  sweep: z.string().nullable().default(null),
})
const REQUESTS = z.object({ count: z.number(), since: TIME })
const BY_PURPOSE = z.record(z.enum(REQUEST_PURPOSES), z.number())
const BUDGET = z.object({
  /** `API_RATE`. */
  limit: z.number(),
  /** What the API grants of it, by its refusals. */
  granted: z.number(),
  /** In the last 5 minutes. */
  used: BY_PURPOSE,
  waiting: BY_PURPOSE,
  /** Why the settings do not fit, and what to change; null if they do. */
  misfit: z.string().nullable(),
})

/** One that stands still for an error. */
const PARKED = z.object({
  resource: z.string(),
  pass: z.string(),
  code: z.string(),
  since: TIME,
  retryAt: TIME,
})
export type ParkedPass = z.output<typeof PARKED>

const UNKNOWN: Known = { count: null, why: 'it is not known yet' }

/** By an operator's wish. */
const PAUSED = z.object({ resource: z.string().nullable(), since: TIME, until: TIME.nullable() })

export const FEED_STATUS = z.object({
  prefix: z.string(),
  generation: z.number().nullable().default(null),
  source: z.object({ host: z.string(), userId: z.string(), mlsId: z.string() }).nullable().default(null),
  /** Null if none runs. */
  daemon: DAEMON.nullable().default(null),
  owner: OWNER.nullable().default(null),
  /** Those that are replicated; none while that is not known. */
  resources: z.array(RESOURCE).default([]),
  sets: z.array(SET).default([]),
  watermarks: z.record(z.string(), TIME).default({}),
  /** Of the resources, not of their sets. */
  liveRecords: LIVE.default({ ...UNKNOWN, byResource: {} }),
  /** By resource, then snapshot, update, purge. */
  passes: z.array(PASS).default([]),
  parked: z.array(PARKED).default([]),
  /** Passes by schedule that an operator has paused. */
  paused: z.array(PAUSED).default([]),
  /** By resource: of those that had none yet. */
  firstPurgeAt: z.record(z.string(), TIME).default({}),
  lastError: TROUBLE.nullable().default(null),
  held: z.array(HELD).default([]),
  /** As `/readyz` has them; none without a daemon. */
  lateArrivals: z.array(LATE).default([]),
  /** Seconds that the source cannot show, by resource. */
  owedSeconds: z.record(z.string(), z.array(TIME)).default({}),
  deadLetters: KNOWN.default(UNKNOWN),
  /** Of the last day, or of a shorter time; null if no daemon counts them. */
  apiRequests: REQUESTS.nullable().default(null),
  /** Null without a daemon. */
  budget: BUDGET.nullable().default(null),
  /** As `/readyz` has it; null without a daemon. */
  health: z.unknown().default(null),
})
export type FeedStatus = z.output<typeof FEED_STATUS>

export interface FeedFacts extends Omit<
  FeedStatus,
  'generation' | 'resources' | 'sets' | 'watermarks' | 'passes' | 'held' | 'owedSeconds' | 'source'
> {
  readonly resources: readonly ListedResource[]
  readonly source: SourceIdentity | null
  readonly state: Pick<FeedState, 'generation' | 'watermarks' | 'passes'>
  readonly completedAt: ReadonlyMap<PassTrack, Instant>
  /** Null where nothing runs by itself. */
  readonly nextAt: (progress: PassProgress) => number | null
  /** Null where nobody looks at how it goes on. */
  readonly outlook: (progress: PassProgress) => Outlook | null
  /** Why the guard holds the deletes of a purge, by resource, as far as that is known. */
  readonly heldBecause: ReadonlyMap<string, string>
  /** Of deletes and of records, with the passes that found them. */
  readonly holds: readonly StandingHold[]
  /** By set, where somebody counts them. */
  readonly owedSets: ReadonlyMap<string, number>
  readonly refusedSets: HealthReport['refusedSets']
}

function scopeStateOf(
  { name, scope }: ListedResource,
  passes: FeedState['passes'],
): z.output<typeof SCOPE_STATE> {
  const snapshot = passes.get(`${name}/snapshot`)
  if (snapshot !== undefined && !isUnder(snapshot.scope, scope)) return 'snapshot_due'
  return passes.get(`${name}/purge`)?.rescoped === true ? 'purge_due' : 'kept'
}

/** Always in the same order. */
export function feedStatus(facts: FeedFacts): FeedStatus {
  const { resources, state, heldBecause, holds } = facts
  const names = published(resources).map(({ name }) => name)
  const orderOf = ({ resource, pass }: PassProgress): number =>
    names.indexOf(resource) * PASS_KINDS.length + PASS_KINDS.indexOf(pass)
  const passes = [...state.passes].sort(([, a], [, b]) => orderOf(a) - orderOf(b))
  return {
    prefix: facts.prefix,
    generation: state.generation,
    source: facts.source,
    daemon: facts.daemon,
    owner: facts.owner,
    resources: resources.map((resource) => {
      const { name, stamp, scope } = resource
      const scopeState = scopeStateOf(resource, state.passes)
      return { name, hasStamp: stamp !== null, scope: { ...scope, select: [...scope.select] }, scopeState }
    }),
    sets: setsOf(facts),
    watermarks: Object.fromEntries([...state.watermarks].map(([name, at]) => [name, formatInstant(at)])),
    liveRecords: ofResources(facts.liveRecords, resources),
    passes: passes.map(([track, progress]) => passStatus(facts, track, progress)),
    parked: facts.parked,
    paused: facts.paused,
    firstPurgeAt: facts.firstPurgeAt,
    lastError: facts.lastError,
    held: passes.flatMap(([, progress]) => heldBy(progress, holds, heldBecause)),
    lateArrivals: facts.lateArrivals,
    owedSeconds: Object.fromEntries(
      passes
        .map(([, progress]) => progress)
        .filter(({ pass, owedSeconds }) => pass === 'update' && owedSeconds.length > 0)
        .map(({ resource, owedSeconds }) => [resource, owedSeconds.map(formatInstant)]),
    ),
    deadLetters: facts.deadLetters,
    apiRequests: facts.apiRequests,
    budget: facts.budget,
    health: facts.health,
  }
}

function passStatus(
  { completedAt, nextAt, outlook }: FeedFacts,
  track: PassTrack,
  progress: PassProgress,
): PassStatus {
  const { resource, pass, state, startedAt, walked, window, owedSeconds: _, ...others } = progress
  const { compare, reconciledAt, missed, counts, deletes, ...rest } = others
  const completed = completedAt.get(track)
  const next = nextAt(progress)
  return {
    resource,
    pass,
    state,
    startedAt: formatInstant(startedAt),
    walked,
    window: window === null ? null : formatSlice(window),
    completedAt: completed === undefined ? null : formatInstant(completed),
    nextAt: next === null ? null : formatInstant(next),
    compare: pass === 'purge' ? compareOfSweep({ compare }) : null,
    reconciledAt: reconciledAt === null ? null : formatInstant(reconciledAt),
    missed: { ...missed },
    counts: { ...counts },
    deletes: { ...deletes },
    outlook: state === 'running' ? outlook(progress) : null,
    ...rest,
  }
}

function heldBy(
  { resource, pass, deletes, reread }: PassProgress,
  holds: FeedFacts['holds'],
  heldBecause: FeedFacts['heldBecause'],
): FeedStatus['held'] {
  const held: FeedStatus['held'] = []
  const holdOf = (ofRecords: boolean): StandingHold['hold'] | undefined =>
    holds
      .map(({ hold }) => hold)
      .find((hold) => {
        return hold.resource === resource && hold.pass === pass && isOfRecords(hold.kind) === ofRecords
      })
  if (pass === 'purge' && deletes.held > 0) {
    const hold = holdOf(false)
    const why = heldBecause.get(resource) ?? hold?.why ?? null
    held.push({ resource, pass, deletes: deletes.held, records: 0, why, sweep: hold?.passId ?? null })
  }
  if (reread.held > 0) {
    const hold = holdOf(true)
    const { why = null, passId: sweep = null } = hold ?? {}
    held.push({ resource, pass, deletes: 0, records: reread.held, why, sweep })
  }
  return held
}

function setsOf({ resources, liveRecords, owedSets, refusedSets }: FeedFacts): SetStatus[] {
  const sets = resources.flatMap(({ subresources }) => subresources)
  return sets.map(({ name, parent }) => ({
    name,
    parent,
    live: liveRecords.byResource[name] ?? null,
    owed: owedSets.get(name) ?? null,
    refusedBy: refusedSets
      .filter(({ resource }) => resource === name)
      .map(({ mlsId, code, message }) => ({ mlsId, code, message })),
  }))
}

function ofResources(
  { count, why, byResource }: LiveRecords,
  resources: readonly ListedResource[],
): LiveRecords {
  const own = resources.flatMap(({ name }) => {
    const live = byResource[name]
    return live === undefined ? [] : [[name, live] as const]
  })
  const total = own.reduce((sum, [, live]) => sum + live, 0)
  return { count: count === null ? null : total, why, byResource: Object.fromEntries(own) }
}

function formatSlice({ after, until }: TimeSlice): PassStatus['window'] {
  return { after: formatInstant(after), until: until === null ? null : formatInstant(until) }
}
