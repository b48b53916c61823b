import { grouped, span } from '../reports/phrases.ts'
import type { RoundProgress } from './round-meter.ts'

const CELLS = 24

/** `━━━━━━╌╌╌╌ 62 %  61,204 records, 9,870/s, 12 s left`. */
export function progressText({ percent, records, recordsPerSecond, secondsLeft }: RoundProgress): string {
  const filled = Math.round((CELLS * percent) / 100)
  const bar = '━'.repeat(filled) + '╌'.repeat(CELLS - filled)
  const pace = recordsPerSecond === null ? '' : `, ${grouped(recordsPerSecond)}/s`
  const left = secondsLeft === null || percent === 100 ? '' : `, ${span(secondsLeft * 1000)} left`
  return `${bar} ${percent} %  ${grouped(records)} records${pace}${left}`
}
