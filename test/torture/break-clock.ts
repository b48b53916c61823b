import { pick } from '../../src/simulator/prng.ts'
import { sleep } from '../../src/support/abort.ts'
import type { Arena } from './arena.ts'
import type { Finding } from './findings.ts'
import { staleKeys } from './judge.ts'
import { LISTS } from './judged-resources.ts'
import { ask, filled, unsettled } from './settle.ts'

const MINUTE_MS = 60_000
const FIRES_WITHIN_MS = 4_000
const LISTINGS = '/v1/listings'

/**
 * One answer's `Date` is off, by less than the hour that no pass begins with: ahead or behind, on a first page or on any.
 * No single answer may move the watermark (R4), so the next updates still bring what changes.
 */
export async function jumpClock(arena: Arena): Promise<readonly Finding[]> {
  const { market, prng, simulator, signal } = arena
  arena.clockSlackMs = 59 * MINUTE_MS
  // With purges between, a watermark in the future shows only as changes that come late.
  const daemon = await arena.start(['run'], { env: prng.below(2) === 0 ? { PURGE_INTERVAL: '1h' } : {} })
  const url = await arena.opened(daemon)
  await arena.pause(200, 900)
  const jumps = 1 + prng.below(2)
  for (let i = 0; i < jumps; i += 1) {
    // While the market is busy, the count that confirms a walk up to the future finds more than the walk did.
    if (prng.below(4) > 0) market.pause()
    const minutes = pick([59, 59, 59, 31, 31, -59], prng.next32())
    // Of an update, which alone moves the watermark.
    const firstPage = prng.below(4) > 0 ? { query: { _skiptoken: '', _filter: '*' } } : {}
    const fault = { kind: 'wrong-date', skewMs: minutes * MINUTE_MS } as const
    simulator.faults.add({ fault, path: LISTINGS, ...firstPage, nth: 1 + prng.below(3) })
    const until = performance.now() + FIRES_WITHIN_MS
    while (simulator.faults.waiting > 0 && performance.now() < until) await arena.pause(50, 100)
    // So that the pass that met it comes to its end.
    await arena.pause(200, 600)
    market.resume()
  }
  simulator.faults.clear()
  if (url !== undefined && !(await filled(url, signal))) return [unsettled('the first snapshot did not end')]
  const keys = market.someKeys(20, prng)
  market.apply({ action: 'set', keys, fields: { Disclaimer: 'After the clock was right again.' } })
  market.pause()
  // The source may show a change only so much later, but no later than its overlap says.
  await sleep(1_000, signal)
  if (url !== undefined) {
    await ask(url, 'update', signal)
    await ask(url, 'update', signal)
  }
  const findings = await staleKeys(
    arena,
    LISTS[0],
    keys,
    'no update brought it after the clock was right again',
  )
  market.resume()
  return findings
}
