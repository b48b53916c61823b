import type { BudgetWatcher } from '../domain/request-budget.ts'
import type { Logger } from './logger.ts'

const LEVELS = 10

/** Tells of the rate that the source grants when it comes to another tenth of the limit, and when it is the limit again. */
export function budgetLog(logger: Logger): BudgetWatcher['granted'] {
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
