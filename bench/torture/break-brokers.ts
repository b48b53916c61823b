import type { Arena } from './arena.ts'

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

/** One after the other is restarted, then one after the other is killed, always two of three at least. */
export async function rollBrokers(arena: Arena): Promise<void> {
  const { cluster, signal } = arena
  const daemon = await arena.start(['run'])
  await arena.opened(daemon)
  for (const end of ['stopBroker', 'killBroker'] as const) {
    for (let index = 0; index < cluster.size; index += 1) {
      await arena.pause(200, 800)
      await cluster[end](index, signal)
      await arena.pause(100, 600)
      await cluster.ready(signal)
    }
  }
  await arena.pause(200, 800)
}
