import { pick } from '../../src/simulator/prng.ts'
import type { Arena } from './arena.ts'
import { daemonAnswer } from './daemon-answer.ts'
import type { Finding } from './findings.ts'
import { filledTopics } from './judge.ts'
import { REGISTRY_REFUSALS, RegistryGate } from './registry-gate.ts'
import { ask, unsettled } from './settle.ts'

const DEGRADED_WITHIN_MS = 15_000

/** A new field, whose values come with new stamps: without them nobody who polls could see them before a new snapshot. */
export function addField(arena: Arena): void {
  const { listings } = arena.simulator
  const name = `Added${arena.prng.below(1_000)}`
  listings.changeMetadata({ action: 'add', name, type: 'Character', nullRate: 0.5 })
  const gone = arena.market.hidden.get(listings.name) ?? new Map<string, never>()
  const keys = new Set([...arena.simulator.truth().listings.keys(), ...gone.keys()])
  listings.apply({ action: 'touch', keys: [...keys] })
}

/**
 * The registry takes no new version, in one of the ways in which registries say so, on the day on which the MLS adds a
 * field. A schema that works is there: the feed goes on with it, and says that it is degraded.
 */
export async function forbidVersions(arena: Arena): Promise<readonly Finding[]> {
  const { cluster, prng, signal } = arena
  const gate = await RegistryGate.open(cluster.registryUrl)
  arena.atEnd(() => gate[Symbol.asyncDispose]())
  arena.change({ SCHEMA_REGISTRY_URL: gate.url })
  let daemon = await arena.start(['run'])
  await arena.opened(daemon)
  // So that there is a version of every schema, which works.
  await filledTopics(arena, arena.resources.length)
  await arena.pause(0, 900)
  const refusal = pick(REGISTRY_REFUSALS, prng.next32())
  gate.refusal = refusal
  addField(arena)
  if (prng.below(3) === 0) {
    await daemon.kill()
    daemon = await arena.start(['run'])
  }
  const url = await arena.opened(daemon)
  const until = performance.now() + DEGRADED_WITHIN_MS
  const said = `HTTP ${refusal.status} for a new version`
  if (url === undefined) return [unsettled(`${said}: run ended with ${JSON.stringify(daemon.exit)}`)]
  let answer = ''
  while (performance.now() < until && daemon.exit === undefined) {
    answer = await ask(url, 'update', signal)
    if (answer === 'completed' && gate.refused > 0) break
    await arena.pause(100, 200)
  }
  if (answer !== 'completed') return [unsettled(`${said}: ${answer}`)]
  const response = await daemonAnswer(`${url}/readyz`, signal)
  const { refusedSchemas } = (await response.json()) as { refusedSchemas?: readonly unknown[] }
  if (refusedSchemas?.length === 1) return []
  return [unsettled(`${said}: /readyz does not say that the schema was refused`)]
}
