import type { Millis } from '../domain/instant.ts'
import type { BudgetWatcher } from '../domain/request-budget.ts'
import type { Logger } from './logger.ts'

const LEVELS = 10
const LONG_WAIT_MS: Millis = 5_000
const WAIT_TOLD_EVERY_MS: Millis = 60_000

/**
 * Tells of the rate that the source grants when it comes to another tenth of the limit, and when it is the limit again; of a
 * request that has to wait for 5 s or longer once a minute at most.
 *
 * @param monotonic milliseconds from any origin
 */
export function budgetLog(
  logger: Logger,
  monotonic: () => Millis = () => performance.now(),
): Pick<BudgetWatcher, 'granted' | 'waits'> {
  return { granted: grantedLog(logger), waits: waitLog(logger, monotonic) }
}

function grantedLog(logger: Logger): BudgetWatcher['granted'] {
  let told = LEVELS
  return (granted, limit) => {
    const level = granted >= limit ? LEVELS : Math.floor((LEVELS * granted) / limit)
    const isNew = level !== told
    told = level
    const fields = { setting: 'API_RATE', granted, limit }
    if (granted >= limit) {
      logger.info(fields, 'as many requests are sent again as API_RATE allows')
    } else {
      logger[isNew ? 'warn' : 'debug'](
        fields,
        'the API refuses requests for their rate: fewer are sent, and slowly more again. Lower API_RATE if this stays, or look who else uses the key',
      )
    }
  }
}

function waitLog(logger: Logger, monotonic: () => Millis): BudgetWatcher['waits'] {
  let toldAt = -Infinity
  return (purpose, wait) => {
    const now = monotonic()
    if (wait < LONG_WAIT_MS || now - toldAt < WAIT_TOLD_EVERY_MS) return
    toldAt = now
    const seconds = Math.round(wait / 1000)
    logger.info(
      { setting: 'API_RATE', purpose, seconds },
      `a request (${purpose}) waits ${seconds} s for its turn within the request budget`,
    )
  }
}
