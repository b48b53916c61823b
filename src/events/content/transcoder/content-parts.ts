import type { Findings } from '../findings.ts'
import { unmappedOf } from '../projection.ts'
import type { Cells } from './cells.ts'
import type { ContentOutput } from './content-output.ts'
import type { CustomCells } from './custom-cells.ts'
import type { PartPlan } from './plan.ts'

/** The second branch of the nullable field that holds the source's fields. */
const PRESENT = Uint8Array.of(2)

/** What a record's content is made of. */
export interface ContentSource {
  readonly cells: Cells
  /** Of the record, and how many of them it has. */
  readonly bytes: Buffer
  readonly length: number
  readonly found: Findings
  /** Those of the record, if they were not read. */
  readonly custom: CustomCells | undefined
  /** For `maskedFields`, sorted. */
  readonly masked: readonly string[]
}

/** Writes contents, one field of the content after the other. */
export class ContentParts {
  readonly #plan: readonly PartPlan[]
  /** The last list of masked fields, which is likely to be the next one, and its Avro. */
  #masked: readonly string[] = []
  #maskedBytes: Uint8Array = new Uint8Array()

  constructor(plan: readonly PartPlan[]) {
    this.#plan = plan
  }

  /** @throws whatever avsc throws on a value that no type of the schema holds. */
  write(output: ContentOutput, { cells, bytes, length, found, custom, masked }: ContentSource): void {
    for (const part of this.#plan) {
      const { holds, type, absent } = part
      if (holds === 'fields') {
        output.append(PRESENT)
        cells.write(output, bytes, length)
      } else if (holds === 'custom' && custom !== undefined) custom.write(output)
      else if (holds === 'custom' && found.custom !== undefined) output.encode(type, found.custom)
      else if (holds === 'masked' && masked.length > 0) output.append(this.#maskedIn(part, masked))
      else if (holds === 'unmapped' && found.unmapped.length > 0) output.encode(type, unmappedOf(found))
      else output.append(absent)
    }
  }

  #maskedIn({ type }: PartPlan, masked: readonly string[]): Uint8Array {
    if (masked !== this.#masked) {
      this.#maskedBytes = type.toBuffer(masked)
      this.#masked = masked
    }
    return this.#maskedBytes
  }
}
