import { sleep } from '../../src/support/abort.ts'
import type { Arena } from './arena.ts'

const TRIES = 3
const SECOND_MS = 1_000

/**
 * Two changes in one second: the first is published, and the process dies before its index knows. The second comes in
 * what is left of that second, and the listing leaves the view before anybody reads it; it comes back with its stamp. What
 * the topic says of the stamp is then no proof that its second was read to its end (R4).
 */
export async function changeTwiceAroundKill(arena: Arena): Promise<void> {
  const { market, simulator, signal } = arena
  const patient = { PURGE_INTERVAL: '1h' }
  await arena.opened(await arena.start(['run'], { env: patient }))
  await arena.pause(300, 900)
  market.pause()
  for (let i = 0; i < TRIES; i += 1) {
    const aim = { point: 'between-events-and-index', nth: 1 } as const
    const daemon = await arena.start(['run'], { aim, env: patient })
    await arena.opened(daemon)
    // What it missed while it was down is published first, and may be what it dies of.
    if ((await daemon.ends(500, signal)) !== undefined) continue
    const keys = market.someKeys(3 + arena.prng.below(5), arena.prng)
    await sleep(SECOND_MS - (simulator.now() % SECOND_MS) + 10, signal)
    const { at } = market.apply({ action: 'set', keys, fields: { Disclaimer: `First of two, ${i}` } })
    await daemon.ends(700, signal)
    const inTime = Math.floor(simulator.now() / SECOND_MS) === Math.floor(at / SECOND_MS)
    if (daemon.exit !== undefined && inTime) {
      market.apply({ action: 'set', keys, fields: { Disclaimer: `Second of two, ${i}` } })
      market.apply({ action: 'leave', keys })
    }
    await daemon.kill()
    const next = await arena.start(['run'], { env: patient })
    await arena.opened(next)
    // Until no update's window has the second any more.
    await sleep(2_500 + arena.overlapMs, signal)
    market.apply({ action: 'return', keys })
    if (daemon.exit?.signal === 'SIGKILL' && inTime) break
  }
  market.resume()
  await arena.pause(300, 600)
}
