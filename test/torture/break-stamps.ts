import { pick } from '../../src/simulator/prng.ts'
import { sleep } from '../../src/support/abort.ts'
import type { Arena } from './arena.ts'
import type { Finding } from './findings.ts'

const HOUR_MS = 3_600_000
const STAMP = 'ModificationTimestamp'

/** Listings come back with other content under an older stamp, by seconds, hours or a month: a restored backup (R6). */
export async function setStampsBack(arena: Arena): Promise<void> {
  const { market, prng } = arena
  const daemon = await arena.start(['run'])
  await arena.opened(daemon)
  await arena.pause(400, 1_000)
  const rounds = 1 + prng.below(3)
  for (let i = 0; i < rounds; i += 1) {
    const back = pick([2_000, 90_000, HOUR_MS, 47 * HOUR_MS, 30 * 24 * HOUR_MS], prng.next32())
    // Nothing else touches the last ones: the next change of a listing would bring what this one did.
    if (i === rounds - 1) market.pause()
    market.setBack(market.someKeys(1 + prng.below(8), prng), back, `Set back ${i} by ${back} ms.`)
    await arena.pause(100, 900)
    if (prng.below(3) > 0) continue
    await daemon.kill()
    await arena.opened(await arena.start(['run']))
  }
  await arena.pause(200, 600)
}

/**
 * The stamps of some listings are masked or cannot be read, while the source finds and counts them by what it knows. The
 * walk must count what the source counts (R7): the snapshot completes, the watermark moves, changes arrive.
 */
export async function maskStamps(arena: Arena): Promise<readonly Finding[]> {
  const { market, prng, simulator } = arena
  arena.lasting = {
    ...arena.lasting,
    maskedStamps: pick(['searched', 'searched', 'unsearched'] as const, prng.next32()),
  }
  simulator.configure(arena.lasting)
  const early = prng.below(2) === 0
  const hide = (): readonly string[] => {
    const keys = market.someKeys(1 + prng.below(4), prng)
    if (prng.below(2) === 0) market.apply({ action: 'mask', fields: [STAMP], keys })
    else {
      const text = pick(['', 'yesterday', '0000-00-00T00:00:00Z', '2026-02-31T12:00:00Z'], prng.next32())
      market.apply({ action: 'set', fields: { [STAMP]: text }, keys, stamp: false })
    }
    return keys
  }
  const before = early ? hide() : []
  const snapshot = await arena.start(['snapshot'])
  const exit = await snapshot.ends(40_000, arena.signal)
  await arena.opened(await arena.start(['run']))
  const after = early ? [] : hide()
  await arena.pause(300, 800)
  if (arena.lasting.maskedStamps === 'searched') {
    const fields = { Disclaimer: 'Behind a stamp that nobody can read.' }
    market.apply({ action: 'set', fields, keys: [...before, ...after] })
  }
  await sleep(600, arena.signal)
  if (exit?.code === 0) return []
  const what = `with ${before.length} stamps that cannot be read, snapshot ended with ${JSON.stringify(exit)}`
  return [{ column: 'unsettled', what }]
}
