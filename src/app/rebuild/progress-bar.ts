import { inWords } from '../../consumer/rebuild/postgres/other-transactions.ts'
import type { OtherTransaction } from '../../consumer/rebuild/store.ts'
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

/** `all is read, waits for the server's processes 4711 ("psql")`. */
export function waitingText(waitingFor: readonly OtherTransaction[]): string {
  const whose =
    waitingFor.length === 0 ? 'transactions of others' : `the server's processes ${inWords(waitingFor)}`
  return `all is read, waits for ${whose}`
}
