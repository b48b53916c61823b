import { Gauge, type Registry } from 'prom-client'

interface Readiness {
  /** Labels of `listingstream_build_info`. @default unknown */
  readonly build?: { readonly version: string; readonly prefix: string }
  /** @default never */
  readonly ready?: () => boolean
}

/** Whether it is ready, and which version it is. */
export function addReadiness(registers: Registry[], { build, ready = () => false }: Readiness): void {
  const gauge = new Gauge({
    name: 'listingstream_ready',
    help: '1 while GET /readyz answers 200',
    registers,
    collect: () => {
      gauge.set(ready() ? 1 : 0)
    },
  })
  const info = new Gauge({
    name: 'listingstream_build_info',
    help: 'Always 1: which version publishes which feed',
    labelNames: ['version', 'prefix'],
    registers,
  })
  if (build !== undefined) info.set({ ...build }, 1)
}
