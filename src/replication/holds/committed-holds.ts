import {
  isOfRecords,
  standing,
  type HeldChunkId,
  type Hold,
  type HoldChanges,
  type HoldKind,
  type KnownHold,
  type StandingHold,
} from '../../domain/hold.ts'
import type { PassId, PassKind } from '../../domain/pass.ts'
import type { ResourceName } from '../../domain/resource.ts'

/** One that stands, or is being written. */
interface KeptHold extends Pick<StandingHold, 'chunks'> {
  readonly hold: Pick<Hold, 'passId'>
}

const NO_CHUNKS: ReadonlySet<number> = new Set()

/** Which records the topic `holds` has, kept in step with it by the one writer there is. */
export class CommittedHolds {
  readonly #generation: number
  /** By pass, whatever the resource: pass ids are distinct. */
  readonly #known: Map<PassId, KnownHold>

  /** @param recovered earlier generations included, whose records have still to go */
  constructor(generation: number, recovered: readonly KnownHold[]) {
    this.#generation = generation
    this.#known = new Map(recovered.map((known) => [known.hold.passId, known]))
  }

  /** Of this generation; the newest if there are several. */
  standing(resource: ResourceName, kind: HoldKind): StandingHold | undefined {
    return this.all(resource).find(({ hold }) => hold.kind === kind)
  }

  /** Of records that such a pass has read again, masked or changed. */
  standingRecords(resource: ResourceName, pass: PassKind): StandingHold | undefined {
    return this.all(resource).find(({ hold }) => isOfRecords(hold.kind) && hold.pass === pass)
  }

  /** Of this generation: deletes first, then newest first. None that was rejected. */
  all(resource: ResourceName): readonly StandingHold[] {
    const recordsLast = ({ hold }: StandingHold): number => (isOfRecords(hold.kind) ? 1 : 0)
    return this.#whole(resource)
      .filter(({ hold }) => hold.rejectedAt === null)
      .toSorted((a, b) => recordsLast(a) - recordsLast(b) || b.hold.heldAt - a.hold.heldAt)
  }

  /** Of this generation: of records, those that an operator rejected and no pass of their kind has judged since. */
  rejected(resource: ResourceName): readonly StandingHold[] {
    return this.#whole(resource).filter(({ hold }) => hold.rejectedAt !== null)
  }

  /** Whatever of this kind the topic has of the resource, but for the first chunks of one hold. */
  ending(resource: ResourceName, kind: HoldKind, kept?: KeptHold): readonly HeldChunkId[] {
    return chunksBut(
      this.#where(({ hold }) => hold.resource === resource && hold.kind === kind),
      kept === undefined ? [] : [kept],
    )
  }

  /** The same of records that such a pass has read again. @param kept first chunks of these holds */
  endingRecords(
    resource: ResourceName,
    pass: PassKind,
    kept: readonly KeptHold[] = [],
  ): readonly HeldChunkId[] {
    const isOne = ({ hold }: KnownHold): boolean =>
      hold.resource === resource && isOfRecords(hold.kind) && hold.pass === pass
    return chunksBut(this.#where(isOne), kept)
  }

  record({ written, ended }: HoldChanges): void {
    for (const { hold, chunk, whole } of written) {
      const known = this.#known.get(hold.passId)
      const chunks = new Set(known?.chunks ?? NO_CHUNKS).add(chunk)
      this.#known.set(hold.passId, { hold, chunks, whole: whole ?? known?.whole ?? null })
    }
    for (const { passId, chunk } of ended) {
      const known = this.#known.get(passId)
      if (known === undefined) continue
      const chunks = new Set(known.chunks)
      chunks.delete(chunk)
      if (chunks.size === 0) this.#known.delete(passId)
      else this.#known.set(passId, { ...known, chunks })
    }
  }

  #whole(resource: ResourceName): readonly StandingHold[] {
    const isOne = ({ hold }: KnownHold): boolean =>
      hold.resource === resource && hold.generation === this.#generation
    return this.#where(isOne).flatMap((known) => standing(known) ?? [])
  }

  #where(isWanted: (known: KnownHold) => boolean): readonly KnownHold[] {
    return [...this.#known.values()].filter(isWanted)
  }
}

function chunksBut(known: readonly KnownHold[], kept: readonly KeptHold[]): readonly HeldChunkId[] {
  return known.flatMap(({ hold: { resource, passId }, chunks }) => {
    const stays = kept.find(({ hold }) => hold.passId === passId)?.chunks ?? 0
    return [...chunks].filter((chunk) => chunk >= stays).map((chunk) => ({ resource, passId, chunk }))
  })
}
