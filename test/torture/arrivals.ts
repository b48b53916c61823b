/** Whether what changes beside a fault comes through while the fault lasts. */
import { sleep } from '../../src/support/abort.ts'
import type { Arena } from './arena.ts'
import type { Finding } from './findings.ts'
import { staleKeys } from './judge.ts'
import { LISTS, type JudgedResource } from './judged-resources.ts'
import type { Program } from './program.ts'
import { ask, unsettled } from './settle.ts'

/** What waits for a broken record waits for a quarter of an hour; a busy machine for less than this. */
const ARRIVES_WITHIN_MS = 90_000
const [LISTINGS] = LISTS

/** Changes some listings, and expects them. @param fault what a pass might wait for */
export async function listingsArrive(
  arena: Arena,
  daemon: Program,
  spared: readonly string[],
  fault: string,
): Promise<readonly Finding[]> {
  const { market, prng } = arena
  market.pause()
  const keys = market.someKeys(12, prng).filter((key) => !spared.includes(key))
  market.apply({ action: 'set', keys, fields: { Disclaimer: `Beside ${fault}.` } })
  const findings = await arrive(arena, daemon, LISTINGS, keys, fault)
  market.resume()
  return findings
}

/** Resolves when the topic says of these keys what the source shows. The market must stand still. */
export async function arrive(
  arena: Arena,
  daemon: Program,
  resource: JudgedResource,
  keys: readonly string[],
  fault: string,
): Promise<readonly Finding[]> {
  const { signal } = arena
  const until = performance.now() + ARRIVES_WITHIN_MS
  for (;;) {
    await sleep(500, signal)
    if (daemon.exit !== undefined) {
      return [unsettled(`${fault}: the daemon ended with ${JSON.stringify(daemon.exit)}`)]
    }
    const url = await arena.opened(daemon)
    if (url !== undefined) await Promise.race([ask(url, 'update', signal), sleep(2_000, signal)])
    const late = await staleKeys(arena, resource, keys, `it waits for ${fault}`)
    if (late.length === 0 || performance.now() > until) return late
  }
}
