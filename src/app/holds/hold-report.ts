/** What the guard holds of a resource, for who has to decide whether that is right. */
import { z } from 'zod'

import { isOfRecords, type StandingHold } from '../../domain/hold.ts'
import { formatInstant } from '../../domain/instant.ts'
import type { ListedResource } from '../../domain/resource.ts'
import { DELETE_PREVIEW, previewDeletes } from '../passes/delete-preview.ts'
import type { FeedReader } from '../compose/feed-reader.ts'

const HOLD = z.object({
  resource: z.string(),
  /** By its pass id. */
  sweep: z.string(),
  /** `deletes`; `masking` or `changes`: records that were read again. */
  kind: z.string(),
  /** That found it. */
  pass: z.string().default('purge'),
  /** When the sweep began, by the source's clock. */
  startedAt: z.string(),
  heldAt: z.string(),
  why: z.string(),
  /** Keys that are held, of deletes; 0 of records. */
  deletes: z.number(),
  records: z.number().default(0),
  preview: DELETE_PREVIEW,
})
export type HoldReport = z.output<typeof HOLD>

/** Another hold of the resource. */
const OTHER = z.object({ sweep: z.string(), kind: z.string(), pass: z.string(), keys: z.number() })
export type OtherHold = z.output<typeof OTHER>

/** As `purge show --json` and `GET /resources/<name>/hold` have it. */
export interface HoldAnswer {
  /** Null if nothing is held. */
  readonly hold: HoldReport | null
  /** What else is held of the resource: each is shown by its name. */
  readonly others: readonly OtherHold[]
}

/** @param shown undefined: none is */
export function othersThan(
  shown: StandingHold | undefined,
  all: readonly StandingHold[],
): HoldAnswer['others'] {
  return all
    .filter(({ hold }) => hold.passId !== shown?.hold.passId)
    .map(({ hold: { passId: sweep, kind, pass }, keys }) => ({ sweep, kind, pass, keys }))
}

/** Everything in it is read from the topics. Memory holds the first keys, and the place of each of the others. */
export async function reportHold(
  { cluster, names, writerSchemas: schemas, holdLog }: FeedReader,
  resource: ListedResource,
  standing: StandingHold,
  signal: AbortSignal,
): Promise<HoldReport> {
  const { passId, kind, pass, startedAt, heldAt, why } = standing.hold
  const ofRecords = isOfRecords(kind)
  const source = { cluster, topic: names.data(resource), resource, schemas }
  return {
    resource: resource.name,
    sweep: passId,
    kind,
    pass,
    startedAt: formatInstant(startedAt),
    heldAt: formatInstant(heldAt),
    why,
    deletes: ofRecords ? 0 : standing.keys,
    records: ofRecords ? standing.keys : 0,
    preview: await previewDeletes(source, holdLog.keys(standing, signal), signal),
  }
}
