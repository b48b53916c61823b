import { isJsonObject } from '../../domain/json.ts'
import type { JsonValue } from '../../domain/json.ts'
import type { Point } from './geometry.ts'

/** The location of `Latitude` and `Longitude`: null without one of them, undefined if one is masked. */
export function pointOf(value: JsonValue): Point | null | undefined {
  if (!isJsonObject(value)) return value === null ? null : undefined
  const { Latitude: latitude = null, Longitude: longitude = null } = value
  if (typeof latitude === 'number' && typeof longitude === 'number') return { latitude, longitude }
  return latitude === null || longitude === null ? null : undefined
}
