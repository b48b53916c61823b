import { Gauge, type Registry } from 'prom-client'

import type { BudgetReport, CountByPurpose } from '../domain/request-budget.ts'

/** Each reads the state at the time of the scrape. */
export function addBudgetGauges(registry: Registry, report: () => BudgetReport): void {
  const registers = [registry]
  const byPurpose = (gauge: Gauge<'purpose'>, counts: CountByPurpose): void => {
    for (const [purpose, count] of Object.entries(counts)) gauge.set({ purpose }, count)
  }
  const used = new Gauge({
    name: 'listingstream_api_budget_used',
    help: 'Requests to the API in the last 5 minutes',
    labelNames: ['purpose'],
    registers,
    collect: () => {
      byPurpose(used, report().used)
    },
  })
  const waiting = new Gauge({
    name: 'listingstream_api_requests_waiting',
    help: 'Requests to the API that wait until they may be sent',
    labelNames: ['purpose'],
    registers,
    collect: () => {
      byPurpose(waiting, report().waiting)
    },
  })
  const limit = new Gauge({
    name: 'listingstream_api_budget_limit',
    help: 'API_RATE: requests in any 5 minutes',
    registers,
    collect: () => {
      limit.set(report().limit)
    },
  })
  const granted = new Gauge({
    name: 'listingstream_api_budget_granted',
    help: 'What the API grants of it, by its refusals',
    registers,
    collect: () => {
      granted.set(report().granted)
    },
  })
}
