/** Parts of listings that the source does not give: listings, and all other sets, go on without a wait. */
import { pick } from '../../src/simulator/prng.ts'
import { sleep } from '../../src/support/abort.ts'
import { arrive, listingsArrive } from './arrivals.ts'
import type { Arena } from './arena.ts'
import { daemonAnswer } from './daemon-answer.ts'
import type { Finding } from './findings.ts'
import type { JudgedResource } from './judged-resources.ts'
import type { Program } from './program.ts'
import { unsettled } from './settle.ts'

const TOLD_WITHIN_MS = 15_000
const SECOND_MS = 1_000

/** The key may not ask for one of the sets (1500), from the beginning or from some moment on. The feed says so. */
export async function refuseSets(arena: Arena): Promise<readonly Finding[]> {
  const { prng, simulator } = arena
  const set = someSet(arena)
  const status = pick([403, 200] as const, prng.next32())
  const forbid = (): void => simulator.configure({ forbiddenServices: { [set.path]: status } })
  const early = prng.below(2) === 0
  if (early) forbid()
  const daemon = await arena.start(['run'])
  const url = await arena.opened(daemon)
  if (url === undefined)
    return [unsettled(`${set.name} refused: run ended with ${JSON.stringify(daemon.exit)}`)]
  await arena.pause(300, 900)
  if (!early) forbid()
  const fault = `${set.name}, which is refused`
  const findings = [...(await listingsArrive(arena, daemon, [], fault)), ...(await isTold(arena, url, set))]
  if (prng.below(2) === 0) simulator.configure({ forbiddenServices: {} })
  if (prng.below(2) === 0) {
    await daemon.kill()
    await arena.opened(await arena.start(['run']))
  }
  await arena.pause(300, 900)
  return findings
}

/** What is asked for in vain is told once a few listings of one MLS have been. */
async function isTold(arena: Arena, url: string, set: JudgedResource): Promise<readonly Finding[]> {
  const { market, prng, signal } = arena
  const until = performance.now() + TOLD_WITHIN_MS
  while (performance.now() < until) {
    change(arena, set, market.someKeys(20, prng))
    const response = await daemonAnswer(`${url}/readyz`, signal)
    const { refusedSets = [] } = (await response.json()) as { refusedSets?: readonly { resource: string }[] }
    if (refusedSets.some(({ resource }) => resource === set.name)) return []
    await arena.pause(200, 400)
  }
  return [unsettled(`/readyz does not say that ${set.name} is refused`)]
}

/** The source stumbles over the sets of some listings (500/1026): the other sets of the listings beside them come. */
export async function breakSets(arena: Arena): Promise<readonly Finding[]> {
  const { market, prng, simulator } = arena
  const set = someSet(arena)
  const part = set.set?.part ?? ''
  const broken = market.someKeys(pick([1, 3, 8], prng.next32()), prng)
  const brokenParts = Object.fromEntries(broken.map((key) => [key, [part]]))
  // What lags behind comes only when the overlap is over.
  const stumble = (): void => simulator.configure({ brokenParts, setLagMs: 0 })
  const early = prng.below(2) === 0
  if (early) stumble()
  const daemon = await arena.start(['run'])
  await arena.opened(daemon)
  await arena.pause(300, 900)
  stumble()
  change(arena, set, broken)
  await arena.pause(300, 900)
  const findings = await othersArrive(arena, daemon, set, broken)
  if (prng.below(2) === 0) simulator.configure({ brokenParts: {} })
  if (prng.below(2) === 0) {
    await daemon.kill()
    await arena.opened(await arena.start(['run']))
  }
  await arena.pause(300, 900)
  return findings
}

async function othersArrive(
  arena: Arena,
  daemon: Program,
  set: JudgedResource,
  broken: readonly string[],
): Promise<readonly Finding[]> {
  const { market, prng } = arena
  const fault = `${broken.length} sets of ${set.name} that cannot be read`
  const listings = await listingsArrive(arena, daemon, broken, fault)
  market.pause()
  const known = market.someKeys(3, prng).filter((key) => !broken.includes(key))
  // Their keys come after all others.
  const { keys } = market.apply({ action: 'new', count: 2 })
  const others = [...known, ...keys]
  // A new one is shown after the lag; and within one second a set may have been read before it changed.
  await sleep(arena.cacheLagMs, arena.signal)
  await sleep(SECOND_MS - (arena.simulator.now() % SECOND_MS) + 10, arena.signal)
  change(arena, set, others)
  const sets = await arrive(arena, daemon, set, others, fault)
  market.resume()
  return [...listings, ...sets]
}

/** Lists go without the set, in silence, and only its own service has it. */
export async function hideExpansion(arena: Arena): Promise<void> {
  const { market, prng, simulator } = arena
  const set = someSet(arena)
  const hide = (): void => {
    arena.lasting = { ...arena.lasting, hiddenExpansions: [set.set?.expansion ?? ''] }
    simulator.configure(arena.lasting)
  }
  arena.change({ MEDIA_FETCH: pick(['auto', 'expand'], prng.next32()) })
  const early = prng.below(2) === 0
  if (early) hide()
  await arena.opened(await arena.start(['run']))
  await arena.pause(600, 1_500)
  if (!early) hide()
  change(arena, set, market.someKeys(30, prng))
  await arena.pause(600, 1_500)
}

function someSet({ prng, resources }: Arena): JudgedResource {
  return pick(
    resources.filter(({ set }) => set !== undefined),
    prng.next32(),
  )
}

/** So that the sets of these listings are owed: with a part more, where the parts are not records of their own. */
function change({ market }: Arena, { set }: JudgedResource, keys: readonly string[]): void {
  const part = market.parts.find((name) => name === set?.part)
  if (part === undefined) market.apply({ action: 'touch', keys })
  else market.apply({ action: 'media', part, change: 'add', keys })
}
