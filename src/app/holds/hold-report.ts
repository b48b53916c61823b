/** What the guard holds of a resource, for who has to decide whether that is right. */
import { z } from 'zod'

import type { StandingHold } from '../../domain/hold.ts'
import { formatInstant } from '../../domain/instant.ts'
import type { ListedResource } from '../../domain/resource.ts'
import { DELETE_PREVIEW, previewDeletes } from '../passes/delete-preview.ts'
import type { FeedReader } from '../compose/feed-reader.ts'

const HOLD = z.object({
  resource: z.string(),
  /** By its pass id. */
  sweep: z.string(),
  kind: z.string(),
  /** When the sweep began, by the source's clock. */
  startedAt: z.string(),
  heldAt: z.string(),
  why: z.string(),
  /** Keys that are held. */
  deletes: z.number(),
  preview: DELETE_PREVIEW,
})
export type HoldReport = z.output<typeof HOLD>

/** As `purge show --json` and `GET /resources/<name>/hold` have it. */
export interface HoldAnswer {
  /** Null if nothing is held. */
  readonly hold: HoldReport | null
}

/** Everything in it is read from the topics. Memory holds the first keys, and the place of each of the others. */
export async function reportHold(
  { cluster, names, writerSchemas: schemas, holdLog }: FeedReader,
  resource: ListedResource,
  standing: StandingHold,
  signal: AbortSignal,
): Promise<HoldReport> {
  const { passId, kind, startedAt, heldAt, why } = standing.hold
  const source = { cluster, topic: names.data(resource), resource, schemas }
  return {
    resource: resource.name,
    sweep: passId,
    kind,
    startedAt: formatInstant(startedAt),
    heldAt: formatInstant(heldAt),
    why,
    deletes: standing.keys,
    preview: await previewDeletes(source, holdLog.keys(standing, signal), signal),
  }
}
