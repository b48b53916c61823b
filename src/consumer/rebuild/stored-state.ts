/** What a store keeps of itself beside the rows: documents in a table of its own, by name. */
import { z } from 'zod'

import { instant } from '../../domain/instant.ts'
import { parseResourceName } from '../../domain/resource.ts'
import type { StagedState, StoreState, VisibleState } from './store.ts'
import { StoreError } from './store-error.ts'

/** Of the tables in which a store keeps state and rows. A higher one is not understood. */
const STORE_LAYOUT = 1

/** Names of the documents. `reached` is apart from `round`: it is the one that every batch writes. */

type DocumentName = 'layout' | 'visible' | 'round' | 'reached'

/** JSON texts by name; what is null is removed. */
export type Documents = Readonly<Partial<Record<DocumentName, string | null>>>

const INSTANT = z.int().transform(instant)
const OFFSETS = z.record(z.string(), z.array(z.int().nonnegative()))
const FEED = z.object({ prefix: z.string(), clusterId: z.string(), generation: z.int() })
const RESOURCE = z.string().transform((text, context) => {
  const name = parseResourceName(text)
  if (name !== undefined) return name
  context.addIssue('no name of a resource')
  return z.NEVER
})
const TABLES = z.array(
  z.object({
    name: z.string(),
    resource: RESOURCE,
    columns: z.array(
      z.object({
        name: z.string(),
        type: z.enum(['text', 'integer', 'real', 'boolean', 'date', 'timestamp', 'json']),
        field: z.string(),
      }),
    ),
  }),
)
const VISIBLE = z.object({ feed: FEED, offsets: OFFSETS, pinnedAt: INSTANT, tables: TABLES })
const ROUND = z.object({
  round: z.object({
    kind: z.enum(['replay', 'catch-up']),
    feed: FEED,
    ends: OFFSETS,
    pinnedAt: INSTANT,
  }),
  tables: TABLES,
})

/**
 * What the documents say.
 *
 * @param store what to call it in an error
 * @throws {StoreError} STORE_NEWER, STORE_FOREIGN
 */
export function parseState(documents: ReadonlyMap<string, string>, store: string): StoreState {
  const layout = documents.get('layout')
  if (layout === undefined) return { visible: null, staged: null }
  try {
    const version = z.int().parse(JSON.parse(layout))
    if (version > STORE_LAYOUT) {
      throw new StoreError(
        `${store} was made by a newer version of listingstream (layout ${version}; this one knows ${STORE_LAYOUT}). Use that version, or rebuild into another store.`,
        'STORE_NEWER',
      )
    }
    return { visible: parseVisible(documents.get('visible')), staged: parseStaged(documents) }
  } catch (cause) {
    if (cause instanceof StoreError) throw cause
    throw new StoreError(
      `${store} holds a table of state that listingstream did not write. Rebuild into another store.`,
      'STORE_FOREIGN',
      { cause },
    )
  }
}

function parseVisible(text: string | undefined): VisibleState | null {
  return text === undefined ? null : VISIBLE.parse(JSON.parse(text))
}

function parseStaged(documents: ReadonlyMap<string, string>): StagedState | null {
  const round = documents.get('round')
  const reached = documents.get('reached')
  if (round === undefined || reached === undefined) return null
  return { ...ROUND.parse(JSON.parse(round)), reached: OFFSETS.parse(JSON.parse(reached)) }
}

/** Of a round that begins, or that has more columns now. */
export function roundDocuments({ round, tables, reached }: StagedState): Documents {
  return {
    layout: JSON.stringify(STORE_LAYOUT),
    round: JSON.stringify({ round, tables }),
    reached: JSON.stringify(reached),
  }
}

/** Of a batch that was staged. */
export function reachedDocuments({ reached }: Pick<StagedState, 'reached'>): Documents {
  return { reached: JSON.stringify(reached) }
}

/** Of a round that is finished. */
export function finishedDocuments(state: VisibleState): Documents {
  return { visible: JSON.stringify(state), round: null, reached: null }
}

/** What readers see once the round is finished. */
export function finished({ round: { feed, ends, pinnedAt }, tables }: StagedState): VisibleState {
  return { feed, offsets: ends, pinnedAt, tables }
}
