import { pick } from '../../src/simulator/prng.ts'
import type { Arena } from './arena.ts'
import { allInSync } from './feed-topics.ts'

/** While transactions run; the program waits the outage out, and is sometimes killed in it as well. */
export async function killBroker(arena: Arena): Promise<void> {
  const { cluster, prng, signal } = arena
  const daemon = await arena.start(['run'])
  await arena.opened(daemon)
  await arena.pause(50, 800)
  if (prng.below(3) === 0) await cluster.stopBroker(0, signal)
  else await cluster.killBroker(0, signal)
  await arena.pause(0, 500)
  const dies = prng.below(3) === 0
  if (dies) await daemon.kill()
  await cluster.ready(signal)
  if (dies) await arena.opened(await arena.start(['run']))
  await arena.pause(500, 2_000)
}

/** One after the other is restarted, or one after the other is killed, when the one before is back in step. */
export async function rollBrokers(arena: Arena): Promise<void> {
  const { cluster, prng, signal } = arena
  const daemon = await arena.start(['run'])
  await arena.opened(daemon)
  const end = pick(['stopBroker', 'killBroker'] as const, prng.next32())
  const first = prng.below(cluster.size)
  for (let i = 0; i < cluster.size; i += 1) {
    await arena.pause(200, 800)
    await cluster[end]((first + i) % cluster.size, signal)
    await arena.pause(100, 600)
    await cluster.ready(signal)
    await allInSync(arena)
  }
  await arena.pause(200, 800)
}
