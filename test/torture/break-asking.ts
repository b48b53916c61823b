import { rm } from 'node:fs/promises'

import { sleep } from '../../src/support/abort.ts'
import type { Arena } from './arena.ts'
import type { Finding } from './findings.ts'
import { ask, unsettled } from './settle.ts'

/** Beyond the window of the next update, where nothing overlaps. */
const OUT_OF_WINDOW_MS = 2_600

/**
 * Keys are asked for one by one, since the source takes no filter of theirs, and what it shows of a listing then differs
 * in what depends on the way of asking (`DisplayCompliance`: `View` is `Detail`, in lists `Summary`). That is no change (R5).
 */
export async function askOneByOne(arena: Arena): Promise<readonly Finding[]> {
  const { market, prng, simulator, signal } = arena
  arena.lasting = {
    ...arena.lasting,
    unsearchable: { ListingKey: prng.below(2) === 0 ? 'refused' : 'dropped' },
  }
  simulator.configure(arena.lasting)
  const daemon = await arena.start(['run'], { env: { PURGE_INTERVAL: '1h' } })
  const url = await arena.opened(daemon)
  if (url === undefined) return [unsettled(`run ended with ${JSON.stringify(daemon.exit)}`)]
  await arena.pause(300, 800)
  // A change out of view that no window shows: only a purge finds it, and asks for the key.
  market.pause()
  // Few: where there are more keys than pages, a walk of everything takes fewer requests.
  const keys = market.someKeys(1 + prng.below(4), prng)
  market.apply({ action: 'leave', keys })
  market.apply({ action: 'set', keys, fields: { Disclaimer: 'Changed out of view.' } })
  await sleep(OUT_OF_WINDOW_MS, signal)
  market.apply({ action: 'return', keys })
  await ask(url, 'purge', signal)
  market.apply({ action: 'touch', keys })
  await ask(url, 'update', signal)
  await ask(url, 'update', signal)
  market.resume()
  if (prng.below(2) === 0) {
    await daemon.kill()
    await rm(arena.dataDir, { recursive: true, force: true })
    await arena.opened(await arena.start(['run']))
    await arena.pause(400, 900)
  }
  return []
}
