/** What the guard holds of records that were read again (R10), in the topic `holds`. */
import { HOLD_LOST } from '../../domain/error-codes.ts'
import type {
  HeldChunk,
  HeldKey,
  Hold,
  HoldChanges,
  RecordHoldKind,
  StandingHold,
} from '../../domain/hold.ts'
import { passId, type PassId, type PassProgress } from '../../domain/pass.ts'
import type { ListedResource } from '../../domain/resource.ts'
import { hasCode } from '../../support/errors.ts'
import { heldKey } from '../delete-candidates.ts'
import type { Feed } from '../feed.ts'
import type { LedgerSet } from '../ports.ts'
import { endOfRecordHolds } from './end-of-holds.ts'
import { fileHeld } from './file-held.ts'
import { KEYS_PER_CHUNK } from './hold-deletes.ts'

export interface HeldRecords {
  readonly holds: HoldChanges
  /** Records of the whole hold. */
  readonly keys: number
}

export interface WithheldRecords {
  readonly kind: RecordHoldKind
  readonly why: string
  /** Of the pass's ledger: whose keys are held. */
  readonly sets: readonly LedgerSet[]
  /** A hold that goes on whatever its kind; of others, one of the same kind does. */
  readonly onto?: StandingHold | undefined
}

/**
 * Writes down which records of a pass are held: all but the last chunk, each in a transaction of its own; the last one is for that
 * of the verdict.
 *
 * An update comes every minute, and finds the same again. So a hold of the same kind goes on under its id, and only new keys are
 * added to it: an operator has the time to look, and decides on what was shown. What it has that is not withheld any more does no
 * harm, since an approval reads each record anew.
 */
export async function holdRecords(
  feed: Feed,
  resource: ListedResource,
  progress: PassProgress,
  withheld: WithheldRecords,
  signal: AbortSignal,
): Promise<HeldRecords> {
  const { holds, generation } = feed.state
  const { pass, startedAt } = progress
  const before = holds.standingRecords(resource.name, pass)
  await feed.index.ledger.drop(progress.passId, 'held')
  const same = before?.hold.kind === withheld.kind ? before : withheld.onto
  const continued = same === undefined ? undefined : await fileBefore(feed, progress.passId, same, signal)
  const { kind, why } = withheld
  const hold: Hold = {
    resource: resource.name,
    pass,
    kind,
    generation,
    startedAt,
    why,
    passId: holdIdOf(progress),
    sweepOffsets: [],
    heldAt: feed.clock.now(),
    rejectedAt: null,
  }
  let last: HeldChunk = continued ?? { hold, chunk: 0, whole: null, keys: [] }
  let keys = continued?.whole?.keys ?? 0
  let hasGrown = continued === undefined
  for await (let added of newKeys(feed, resource, progress.passId, withheld.sets)) {
    while (added.length > 0) {
      if (last.keys.length === KEYS_PER_CHUNK) {
        // One that stands has to stand after each of these transactions, too.
        const whole = continued === undefined ? null : { chunks: last.chunk + 1, keys }
        const written = { written: [{ ...last, whole }], ended: [] }
        const commitment = { progress, watermark: null, markers: [], holds: written }
        await feed.committer.commitProgress(resource, commitment, signal)
        last = { ...last, chunk: last.chunk + 1, keys: [] }
      }
      const fitting = added.slice(0, KEYS_PER_CHUNK - last.keys.length)
      last = { ...last, keys: [...last.keys, ...fitting] }
      keys += fitting.length
      added = added.slice(fitting.length)
      hasGrown = true
    }
  }
  const chunks = last.chunk + 1
  const written = hasGrown ? [{ ...last, whole: { chunks, keys } }] : []
  const { ended } = endOfRecordHolds(feed.state, resource, pass, [{ hold: last.hold, chunks }])
  return { holds: { written, ended }, keys }
}

/** A purge may hold deletes under its own. */
function holdIdOf({ pass, passId: own }: PassProgress): PassId {
  return pass === 'purge' ? passId(`${own}-records`) : own
}

/**
 * Notes the keys of a hold in the pass's ledger, where they tell which others are new.
 *
 * @returns its last chunk; undefined if its keys are lost: then it begins anew
 */
async function fileBefore(
  feed: Feed,
  pass: PassId,
  standing: StandingHold,
  signal: AbortSignal,
): Promise<HeldChunk | undefined> {
  const { hold, chunks, keys } = standing
  let last: readonly HeldKey[] = []
  try {
    const filedAs = { pass, set: 'held', page: OF_BEFORE } as const
    for await (const chunk of fileHeld(feed, standing, filedAs, signal)) last = chunk.keys
  } catch (error) {
    if (!hasCode(error, HOLD_LOST)) throw error
    await feed.index.ledger.drop(pass, 'held')
    return undefined
  }
  return { hold, chunk: chunks - 1, whole: { chunks, keys }, keys: last }
}

/** Stands for the page of the keys that are held already; what is added counts by later ones. */
const OF_BEFORE = 0

async function* newKeys(
  { index }: Feed,
  { name }: ListedResource,
  pass: PassId,
  sets: readonly LedgerSet[],
): AsyncGenerator<readonly HeldKey[], void, undefined> {
  for (const [i, set] of sets.entries()) {
    for await (const batch of index.ledger.entries(pass, set)) {
      const isNew = await index.ledger.add(pass, 'held', OF_BEFORE + 1 + i, batch)
      const keys = batch.flatMap(([key], at) => (isNew[at] === true ? [key] : []))
      const entries = await index.getMany(name, keys)
      yield keys.flatMap((key, at) => {
        const entry = entries[at]
        return entry === undefined || entry.state === 'deleted' ? [] : heldKey(key, entry, null)
      })
    }
  }
}
