import type { Arena } from './arena.ts'
import { addField } from './break-registry.ts'

export async function cutNetwork(arena: Arena): Promise<void> {
  await arena.opened(await arena.start(['run']))
  const cuts = 2 + arena.prng.below(4)
  for (let i = 0; i < cuts; i += 1) {
    await arena.pause(50, 500)
    const mode = arena.prng.below(3)
    for (const proxy of arena.cluster.proxies) {
      if (mode === 1) proxy.mode = 'refuse'
      if (mode === 2) proxy.mode = 'stall'
      else proxy.cut()
    }
    await arena.pause(10, 1_200)
    arena.cluster.heal()
  }
  await arena.pause(200, 600)
}

export async function delayNetwork(arena: Arena): Promise<void> {
  for (const proxy of arena.cluster.proxies) proxy.delayMs = 5 + arena.prng.below(60)
  await arena.opened(await arena.start(['run']))
  await arena.pause(500, 1_500)
  for (const proxy of arena.cluster.proxies) proxy.delayMs = 100 + arena.prng.below(300)
  await arena.pause(500, 1_500)
}

/** Requests arrive, answers do not: appends and commits of which the program cannot know. */
export async function loseReplies(arena: Arena): Promise<void> {
  await arena.opened(await arena.start(['run']))
  const losses = 3 + arena.prng.below(5)
  for (let i = 0; i < losses; i += 1) {
    await arena.pause(20, 300)
    for (const proxy of arena.cluster.proxies) proxy.mode = 'lose-replies'
    await arena.pause(1, 120)
    arena.cluster.heal()
  }
  await arena.pause(300, 900)
}

/** Down while the program starts, or while it runs and meets a schema that it does not know. */
export async function takeRegistryDown(arena: Arena): Promise<void> {
  const { registryProxy } = arena.cluster
  const atStart = arena.prng.below(2) === 0
  const down = (): void => {
    registryProxy.mode = arena.prng.below(2) === 0 ? 'refuse' : 'lose-replies'
    registryProxy.cut()
  }
  if (atStart) down()
  const daemon = await arena.start(['run'])
  if (atStart) {
    await arena.pause(500, 2_500)
    arena.cluster.heal()
    await arena.pause(200, 1_000)
    return
  }
  await arena.opened(daemon)
  await arena.pause(50, 500)
  down()
  addField(arena)
  await arena.pause(500, 1_500)
  arena.cluster.heal()
  await arena.pause(200, 1_000)
}
