import {
  standing,
  type HeldChunkId,
  type Hold,
  type HoldChanges,
  type HoldKind,
  type KnownHold,
  type StandingHold,
} from '../../domain/hold.ts'
import type { PassId } from '../../domain/pass.ts'
import type { ResourceName } from '../../domain/resource.ts'

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
    const all = this.#of(resource, kind).flatMap((known) => standing(known) ?? [])
    return all
      .filter(({ hold }) => hold.generation === this.#generation)
      .toSorted((a, b) => b.hold.heldAt - a.hold.heldAt)[0]
  }

  /** Whatever of this kind the topic has of the resource, but for the first chunks of one hold. */
  ending(
    resource: ResourceName,
    kind: HoldKind,
    kept?: Pick<StandingHold, 'chunks'> & { readonly hold: Pick<Hold, 'passId'> },
  ): readonly HeldChunkId[] {
    return this.#of(resource, kind).flatMap(({ hold: { passId }, chunks }) =>
      [...chunks]
        .filter((chunk) => kept === undefined || kept.hold.passId !== passId || chunk >= kept.chunks)
        .map((chunk) => ({ resource, passId, chunk })),
    )
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

  #of(resource: ResourceName, kind: HoldKind): readonly KnownHold[] {
    return [...this.#known.values()].filter(({ hold }) => hold.resource === resource && hold.kind === kind)
  }
}
