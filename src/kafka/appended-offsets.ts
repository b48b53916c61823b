import { InvariantViolation } from '../support/errors.ts'
import type { Batch } from './batch-rounds.ts'
import type { Append, Appended } from './transaction.ts'

/** Collects the base offsets of the rounds. */
export class AppendedOffsets {
  readonly #offsets: ReadonlyMap<Append, number[]>

  constructor(appends: readonly Append[]) {
    this.#offsets = new Map(appends.map((append) => [append, []]))
  }

  add(round: readonly Batch[], baseOffsets: ReadonlyMap<Append, number>): void {
    for (const { append, count } of round) {
      const baseOffset = baseOffsets.get(append)
      if (baseOffset === undefined) throw new InvariantViolation('A batch without an offset.')
      for (let i = 0; i < count; i += 1) this.#offsets.get(append)?.push(baseOffset + i)
    }
  }

  get all(): readonly Appended[] {
    return [...this.#offsets.values()].map((offsets) => ({
      offsets,
      baseOffset: offsets[0] ?? 0,
      nextOffset: (offsets.at(-1) ?? 0) + 1,
    }))
  }
}
