import type { HeldKey, StandingHold } from '../../domain/hold.ts'
import type { PassId } from '../../domain/pass.ts'
import type { Feed } from '../feed.ts'
import type { LedgerSet } from '../ports.ts'

/** Where in a ledger. */
export interface FiledAs {
  readonly pass: PassId
  readonly set: LedgerSet
  /** Page that they count as. */
  readonly page: number
}

export interface FiledChunk {
  readonly keys: readonly HeldKey[]
  /** Whether the set had none of an earlier page, by key. */
  readonly isNew: readonly boolean[]
}

/** Files the keys of a hold in a pass's ledger, a chunk at a time (R14). Rejects with HOLD_LOST if they are lost. */
export async function* fileHeld(
  { holds, index: { ledger } }: Feed,
  standing: StandingHold,
  { pass, set, page }: FiledAs,
  signal: AbortSignal,
): AsyncGenerator<FiledChunk, void, undefined> {
  for await (const keys of holds.keys(standing, signal)) {
    const isNew = await ledger.add(
      pass,
      set,
      page,
      keys.map(({ key }) => [key, '']),
    )
    yield { keys, isNew }
  }
}
