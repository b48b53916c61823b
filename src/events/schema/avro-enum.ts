/** Enums of our schemas, whose symbols are only added: a reader takes one that it does not know for the default. */
import { z } from 'zod'

import type { AvroRecord } from './avro-record.ts'

const AVRO_ENUM = z.looseObject({
  type: z.literal('enum'),
  name: z.string(),
  doc: z.string().optional(),
  symbols: z.array(z.string()).readonly(),
  default: z.string().optional(),
})
export type AvroEnum = z.infer<typeof AVRO_ENUM>

/** The enum that a type is, nullable or not; undefined if it is none. */
export function findEnum(type: unknown): AvroEnum | undefined {
  if (Array.isArray(type)) return type.map(findEnum).find((found) => found !== undefined)
  return AVRO_ENUM.safeParse(type).data
}

/**
 * The type with the symbols that the other enum has beside its own, and then with its doc, which explains them. The same
 * type where there are none, or where the enum has no default: its readers would not know what to take them for.
 */
export function withSymbolsOf(type: unknown, other: AvroEnum): unknown {
  if (Array.isArray(type)) return type.map((branch) => withSymbolsOf(branch, other))
  const known = AVRO_ENUM.safeParse(type).data
  if (known === undefined || known.name !== other.name || known.default === undefined) return type
  const added = other.symbols.filter((symbol) => !known.symbols.includes(symbol))
  if (added.length === 0) return type
  const { doc = known.doc } = other
  return { ...known, ...(doc !== undefined && { doc }), symbols: [...known.symbols, ...added] }
}

/** The enums among the fields of one version of a record. */
export class EnumFields {
  readonly #enums: ReadonlyMap<string, AvroEnum>

  constructor({ fields }: AvroRecord) {
    this.#enums = new Map(
      fields.flatMap(({ name, type }) => {
        const found = findEnum(type)
        return found === undefined ? [] : [[name, found]]
      }),
    )
  }

  /** The symbol, or the default in its place if this version lacks it: the registry may refuse the one that has it. */
  known(field: string, symbol: string): string {
    const held = this.#enums.get(field)
    return held?.default === undefined || held.symbols.includes(symbol) ? symbol : held.default
  }
}
