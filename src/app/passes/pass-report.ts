import { formatInstant } from '../../domain/instant.ts'
import { z } from 'zod'

import { MISSED_REASONS, PURGE_COMPARES } from '../../domain/pass.ts'
import type { PassResult } from '../../replication/feed-runner.ts'
import { compareOfSweep } from '../../replication/reconcile.ts'
import { describeMissed } from '../reports/describe-missed.ts'
import { describePreview } from '../reports/describe-preview.ts'
import { resourceWords } from '../reports/resource-words.ts'
import { DELETE_PREVIEW, type DeletePreview } from './delete-preview.ts'

const ONE_PASS = z.object({
  resource: z.string(),
  pass: z.string(),
  passId: z.string(),
  state: z.string(),
  startedAt: z.string(),
  pages: z.number(),
  /** It had been interrupted, and went on at its token. */
  resumed: z.boolean().default(false),
  walked: z.number(),
  counts: z.record(z.string(), z.number()),
  /** Of a purge; null otherwise. */
  purge: z
    .object({
      dryRun: z.boolean(),
      /** What was walked and compared. */
      compare: z.enum(PURGE_COMPARES).default('versions'),
      gone: z.number(),
      outOfScope: z.number().default(0),
      missed: z.number(),
      /** What was published that no update had brought, by reason. */
      missedBy: z.partialRecord(z.enum(MISSED_REASONS), z.number()).default({}),
      emitted: z.number(),
      held: z.number(),
      refuted: z.number(),
      inconclusive: z.number(),
      unconfirmed: z.number().default(0),
      /** Why the guard holds the deletes; null if it does not. */
      heldBecause: z.string().nullable(),
      /** Of a dry run: what it would delete, held or not; null otherwise. */
      preview: DELETE_PREVIEW.nullable().default(null),
      /** Why the guard would have held the deletes, had an operator not approved them; null otherwise. */
      approvedAlthough: z.string().nullable().default(null),
    })
    .nullable(),
  /** Records read again that the guard holds, by this pass or still after an approval; null if it holds none. */
  heldRecords: z
    .object({
      /** As `purge show` names it. */
      sweep: z.string(),
      /** `masking` or `changes`. */
      kind: z.string(),
      records: z.number(),
      why: z.string(),
    })
    .nullable()
    .default(null),
  /** Of sets: those that were to be read and were not, by reason; null otherwise. */
  unread: z.object({ failed: z.number(), refused: z.number(), missing: z.number() }).nullable().default(null),
})

/** How a pass ended, as a command prints it and as a daemon answers it. */
const PASS_REPORT = ONE_PASS.extend({
  /** Passes of the sets of its records' parts that came after it; none where a daemon keeps them. */
  sets: z.array(ONE_PASS).default([]),
})
type OnePassReport = z.output<typeof ONE_PASS>
export type PassReport = z.output<typeof PASS_REPORT>

export function parsePassReport(answer: unknown): PassReport {
  return PASS_REPORT.parse(answer)
}

export function reportOf(
  { progress, purge, unread, heldRecords }: PassResult,
  dryRun: boolean,
  preview: DeletePreview | null = null,
): PassReport {
  const { resource, pass, passId, state, startedAt, page, walked, counts, deletes, missed, resumed } =
    progress
  return {
    resource,
    pass,
    passId,
    state: dryRun ? 'dry-run' : state,
    startedAt: formatInstant(startedAt),
    pages: page,
    resumed,
    walked,
    counts: { ...counts },
    purge:
      purge === undefined
        ? null
        : {
            dryRun,
            compare: compareOfSweep(progress),
            gone: purge.gone,
            outOfScope: purge.outOfScope,
            missed: purge.missed,
            missedBy: { ...missed },
            ...deletes,
            heldBecause: purge.verdict.kind === 'held' ? purge.verdict.why : null,
            preview,
            approvedAlthough: purge.verdict.kind === 'approved' ? purge.verdict.why : null,
          },
    heldRecords:
      heldRecords === undefined
        ? null
        : {
            sweep: heldRecords.standing.hold.passId,
            kind: heldRecords.standing.hold.kind,
            records: heldRecords.standing.keys,
            why: heldRecords.why,
          },
    unread: unread ?? null,
    sets: [],
  }
}

/**
 * docs/operations.md, "Exit codes": 3 if the guard holds deletes or records, or would; 1 if reading a set failed. A key without the right to
 * some sets, or a record that has just gone, is no failure.
 */
export function exitCodeOf(report: PassReport): number {
  const { purge, heldRecords } = report
  if ((purge !== null && purge.heldBecause !== null) || heldRecords !== null) return 3
  const hasFailed = ({ state, unread }: OnePassReport): boolean => {
    return state === 'failed' || (unread !== null && unread.failed > 0)
  }
  return [report, ...report.sets].some(hasFailed) ? 1 : 0
}

/** For a person: a line for each pass, and of a dry run what it would delete. */
export function describeReport(report: PassReport): readonly string[] {
  const preview = report.purge?.preview ?? null
  return [
    describePass(report),
    ...(preview === null ? [] : describePreview(preview)),
    ...report.sets.map(describePass),
  ]
}

function describePass(report: OnePassReport): string {
  const { resource, pass, state, walked, counts, purge, unread, resumed, heldRecords } = report
  const records = heldRecords === null ? [] : [describeHeldRecords(resource, heldRecords)]
  // What is walked by keys or stamps is believed, and counts as unchanged: that says no more than how much was walked.
  const hasRead = purge === null || purge.compare === 'content'
  const outcomes = Object.entries(counts)
    .filter(([outcome, count]) => count > 0 && (hasRead || outcome !== 'unchanged'))
    .map(([outcome, count]) => `${count} ${outcome}`)
  const how = purge === null || purge.compare === 'versions' ? '' : ` by ${purge.compare}`
  const head = `${pass}${how} of ${resource} ${state}${resumed ? ', resumed' : ''}: ${walked} walked`
  if (purge === null) return [head, ...outcomes, ...describeUnread(unread), ...records].join(', ')
  const { gone, outOfScope, emitted, refuted, inconclusive, unconfirmed, missed } = purge
  const { heldBecause, approvedAlthough } = purge
  const deletes = [
    `${gone} gone`,
    ...(outOfScope === 0 ? [] : [`${outOfScope} out of scope`]),
    `${emitted} deleted`,
    `${refuted} still there`,
    `${inconclusive} inconclusive`,
    ...(unconfirmed === 0 ? [] : [`${unconfirmed} to be missed by another purge first`]),
    `${missed} missed by updates and read${describeMissed(purge.missedBy)}`,
  ]
  const held = heldBecause === null ? [] : [describeHeld(heldBecause, purge.dryRun, resource)]
  const approved =
    approvedAlthough === null
      ? []
      : [`${purge.dryRun ? 'would be let through' : 'approved'} although ${approvedAlthough}`]
  return [head, ...outcomes, ...deletes, ...held, ...approved, ...records].join(', ')
}

function describeHeld(why: string, dryRun: boolean, resource: string): string {
  if (dryRun) return `would be held: ${why}`
  return `held: ${why}; "listingstream purge show${resourceWords(resource)}" says what, and how to go on`
}

function describeHeldRecords(
  resource: string,
  { records, why, sweep }: NonNullable<OnePassReport['heldRecords']>,
): string {
  return `${records} records held, of which nothing is published: ${why}; "listingstream purge show ${sweep}${resourceWords(resource)}" says what, and how to go on`
}

function describeUnread(unread: OnePassReport['unread']): readonly string[] {
  if (unread === null) return []
  const { failed, refused, missing } = unread
  const reasons = [
    ...(failed === 0 ? [] : [`${failed} could not be read`]),
    ...(refused === 0 ? [] : [`${refused} refused to the key`]),
    ...(missing === 0 ? [] : [`${missing} not shown by the API`]),
  ]
  return reasons.length === 0 ? [] : [...reasons, 'asked again by the next pass']
}
