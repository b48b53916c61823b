import { Gauge, type Registry } from 'prom-client'

import { instant } from '../domain/instant.ts'
import { stands, type Pause } from '../domain/pause.ts'

/** @param pauses as they are at the time of the scrape; some may be over */
export function addPauseGauge(registry: Registry, pauses: () => readonly Pause[], now: () => number): void {
  const gauge = new Gauge({
    name: 'listingstream_paused',
    help: '1 while an operator has paused passes by schedule: of a resource, or all of them',
    labelNames: ['resource'],
    registers: [registry],
    collect: () => {
      gauge.reset()
      const standing = pauses().filter((pause) => stands(pause, instant(now())))
      for (const { resource } of standing) gauge.set({ resource: resource ?? 'all' }, 1)
    },
  })
}
