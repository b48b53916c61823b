/** Avro types as a person reads them. */
import { z } from 'zod'

const NAMED = z.looseObject({ type: z.enum(['record', 'enum']), name: z.string() })
const ENUM = z.object({ type: z.literal('enum'), name: z.string(), symbols: z.array(z.string()) })
const ARRAY = z.object({ type: z.literal('array'), items: z.unknown() })
const MAP = z.object({ type: z.literal('map'), values: z.unknown() })
const LOGICAL = z.looseObject({ type: z.string(), logicalType: z.string() })

/** What an Avro type of our schemas is. */
export type AvroShape =
  | { readonly kind: 'primitive'; readonly name: string }
  | { readonly kind: 'logical'; readonly name: string }
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'enum'; readonly name: string; readonly symbols: readonly string[] }
  | { readonly kind: 'array' | 'map'; readonly of: unknown }
  | { readonly kind: 'union'; readonly branches: readonly unknown[] }

/** Undefined for what is no Avro type that we know. */
export function shapeOf(type: unknown): AvroShape | undefined {
  if (typeof type === 'string') return { kind: 'primitive', name: type }
  if (Array.isArray(type)) return { kind: 'union', branches: type }
  const choices = ENUM.safeParse(type)
  if (choices.success) return { kind: 'enum', name: choices.data.name, symbols: choices.data.symbols }
  const named = NAMED.safeParse(type)
  if (named.success) return { kind: 'named', name: named.data.name }
  const array = ARRAY.safeParse(type)
  if (array.success) return { kind: 'array', of: array.data.items }
  const map = MAP.safeParse(type)
  if (map.success) return { kind: 'map', of: map.data.values }
  const logical = LOGICAL.safeParse(type)
  if (logical.success) return { kind: 'logical', name: logical.data.logicalType }
  return undefined
}

/** E.g. `double?` for a nullable one, `array of string`, `enum UpsertChange`, `date`. */
export function avroTypeText(type: unknown): string {
  const shape = shapeOf(type)
  switch (shape?.kind) {
    case undefined:
      return JSON.stringify(type)
    case 'primitive':
    case 'logical':
      return shape.name
    case 'named':
      return `record ${shape.name}`
    case 'enum':
      return `enum ${shape.name}`
    case 'array':
    case 'map':
      return `${shape.kind} of ${avroTypeText(shape.of)}`
    case 'union':
      return unionText(shape.branches)
  }
}

/** Symbols of an enum, nullable or not; none if it is no enum. */
export function symbolsOf(type: unknown): readonly string[] {
  const shape = shapeOf(type)
  if (shape?.kind === 'union') return shape.branches.flatMap(symbolsOf)
  return shape?.kind === 'enum' ? shape.symbols : []
}

function unionText(branches: readonly unknown[]): string {
  const others = branches.filter((branch) => branch !== 'null').map(avroTypeText)
  const text = others.length === 1 ? (others[0] ?? '') : `(${others.join(' or ')})`
  return others.length === branches.length ? text : `${text}?`
}
