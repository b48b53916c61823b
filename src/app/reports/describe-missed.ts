import { MISSED_REASONS, type MissedCounts } from '../../domain/pass.ts'
import { grouped } from './phrases.ts'

/** ` (2 new_key, 1 same_stamp)`; empty where there is nothing. The reasons are told as the metric has them. */
export function describeMissed(missed: MissedCounts): string {
  const reasons = MISSED_REASONS.filter((reason) => (missed[reason] ?? 0) > 0)
  if (reasons.length === 0) return ''
  return ` (${reasons.map((reason) => `${grouped(missed[reason] ?? 0)} ${reason}`).join(', ')})`
}
