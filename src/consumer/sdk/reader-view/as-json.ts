import type { JsonValue } from '../../../domain/json.ts'
import { findRecord } from '../../../events/schema/avro-record.ts'
import { shapeOf } from '../../../events/schema/avro-type-text.ts'
import { isMembers } from '../members.ts'
import type { NamedTypes } from './named-types.ts'

/** As the source may have sent it: what of a record has no value is left out. */
export function asJson(value: unknown, type: unknown, types: NamedTypes): JsonValue {
  if (value === null || value === undefined) return null
  const resolved = types.resolve(type)
  const shape = shapeOf(resolved)
  if (shape?.kind === 'union') {
    const [only, ...others] = shape.branches.filter((branch) => branch !== 'null')
    return others.length === 0 ? asJson(value, only, types) : plain(value)
  }
  if (shape?.kind === 'array' && Array.isArray(value)) {
    return value.map((item: unknown) => asJson(item, shape.of, types))
  }
  if (!isMembers(value)) return plain(value)
  if (shape?.kind === 'map') {
    const members = Object.entries(value).map(([name, member]) => [name, asJson(member, shape.of, types)])
    return Object.fromEntries(members)
  }
  const fields = findRecord(resolved)?.fields ?? []
  const members = fields.map(({ name, type }) => [name, asJson(value[name], type, types)] as const)
  return Object.fromEntries(members.filter(([, member]) => member !== null))
}

/** Of no record. */
function plain(value: unknown): JsonValue {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  return Array.isArray(value) ? value.map(plain) : null
}
