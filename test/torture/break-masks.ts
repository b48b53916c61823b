import { pick } from '../../src/simulator/prng.ts'
import { sleep } from '../../src/support/abort.ts'
import type { Arena } from './arena.ts'
import type { Finding } from './findings.ts'
import {
  approveAll,
  approveTooFew,
  dieOften,
  heldBy,
  passEnds,
  reject,
  restartKnowing,
  run,
  untilHeld,
  type Hold,
  type Running,
} from './operator.ts'
import { filled, unsettled } from './settle.ts'

const COMMAND_WITHIN_MS = 90_000
const ENDS_WITHIN_MS = 90_000
const POLL_MS = 100
const TRIES = 4
/** An overlap grows to several when changes arrive late. */
const MOST_OVERLAPS = 6
/** `MASK_MAX_RATIO` of them, and more. */
const LEAST = 120
const FEW = 40

/**
 * The role loses the right to a field of most listings, with new stamps or without any: nothing of it is published, whatever dies
 * in between, until an operator approves it, or the right comes back (R10).
 */
export async function holdMasks(arena: Arena): Promise<readonly Finding[]> {
  const { guard, market, simulator } = arena
  arena.change({ PAGE_LIMIT: '250', MEDIA_FETCH: 'auto' })
  try {
    return await heldAndDecided(arena)
  } finally {
    await arena.stopPrograms()
    guard.lift(simulator.now())
    arena.change({ MASK_MAX_RATIO: '1', RECONCILE_INTERVAL: '100ms' })
    market.resume()
  }
}

async function heldAndDecided(arena: Arena): Promise<readonly Finding[]> {
  const { guard, market, prng, signal } = arena
  const first = await run(arena, 'busy')
  if (!(await filled(first.url, signal))) return [unsettled('the first snapshot did not end')]
  await arena.pause(200, 900)
  await first.daemon.kill()
  market.pause()
  await sleep(arena.cacheLagMs, signal)
  // What reads fewer than a thousand is not judged: no pass may be on its way.
  for (const pass of ['update', 'purge']) {
    const findings = await command(arena, pass)
    if (findings.length > 0) return findings
  }
  const field = pick(['ListPrice', 'City', 'StateOrProvince'], prng.next32())
  // What an update reads of them it would publish before anything is held.
  const keys = market.unmovedKeys(MOST_OVERLAPS * arena.overlapMs)
  guard.mask(field, keys)
  market.apply({ action: 'mask', fields: [field], keys })
  const isTold = prng.below(2) === 0
  if (isTold) market.apply({ action: 'bulk-touch' })
  else arena.change({ RECONCILE_INTERVAL: '700ms' })
  await sleep(arena.cacheLagMs, signal)
  const busy = await dieOften(arena, await run(arena, 'busy'), prng.below(4))
  if ((await untilHeld(arena, busy, LEAST)) === undefined)
    return [unsettled(`${field} of ${keys.length} listings is masked, and nothing is held`)]
  const { running, findings } = await restartKnowing(arena, busy, LEAST)
  if (findings.length > 0) return findings
  const masked = { field, keys, isTold }
  const beside = await readFewBeside(arena, running, masked)
  return beside.length > 0 ? beside : decide(arena, running, masked)
}

/** An update reads a few of what a reconcile holds, or what was rejected of it: not enough to be judged, and none of it is published. */
async function readFewBeside(
  arena: Arena,
  running: Running,
  { keys, isTold }: Masked,
): Promise<readonly Finding[]> {
  // What an update holds, it reads again itself.
  if (isTold) return []
  const { market, prng, signal } = arena
  const from = prng.below(keys.length - FEW)
  market.apply({ action: 'touch', keys: keys.slice(from, from + FEW) })
  await sleep(arena.cacheLagMs, signal)
  return passEnds(arena, running, 'update', 'completed')
}

/** Until it completes: the first may go on with an interrupted one. */
async function command(arena: Arena, pass: string): Promise<readonly Finding[]> {
  for (let i = 0; i < TRIES; i += 1) {
    const program = await arena.start([pass])
    const exit = await program.ends(COMMAND_WITHIN_MS, arena.signal)
    if (exit?.code === 0) return []
  }
  return [unsettled(`${pass} does not complete`)]
}

interface Masked {
  readonly field: string
  readonly keys: readonly string[]
  /** Whether they have new stamps. */
  readonly isTold: boolean
}

async function decide(arena: Arena, running: Running, masked: Masked): Promise<readonly Finding[]> {
  const { guard, prng, simulator } = arena
  const hold = await standing(arena, running)
  if (hold === undefined) return [unsettled('it was held, and is not any more')]
  switch (pick(['approved', 'approved', 'too few', 'rejected', 'reverted', 'left'], prng.next32())) {
    case 'approved':
      guard.showMasks(simulator.now())
      return (await approveAll(arena, running, hold)).findings
    case 'too few': {
      const findings = await approveTooFew(arena, running, hold)
      return findings.length > 0 ? findings : revert(arena, running, masked)
    }
    case 'rejected': {
      const findings = await reject(arena, running, hold)
      if (findings.length > 0) return findings
      const beside = await readFewBeside(arena, running, masked)
      return beside.length > 0 ? beside : heldAgain(arena, running, masked)
    }
    case 'reverted':
      return revert(arena, running, masked)
    default:
      return []
  }
}

/** Once no pass holds in its place: an interrupted one goes on first, and a daemon begins with an update. */
async function standing(arena: Arena, { url }: Running): Promise<Hold | undefined> {
  let last: Hold | null | undefined
  const until = performance.now() + ENDS_WITHIN_MS
  for (let same = 0; same < 10 && performance.now() < until;) {
    const hold = await heldBy(url, arena.signal)
    same = hold && hold.sweep === last?.sweep && hold.keys === last.keys ? same + 1 : 0
    last = hold
    await sleep(POLL_MS, arena.signal)
  }
  return last ?? undefined
}

/** The next pass judges anew, and holds it again. */
async function heldAgain(arena: Arena, running: Running, masked: Masked): Promise<readonly Finding[]> {
  await running.daemon.kill()
  const busy = await run(arena, 'busy')
  if ((await untilHeld(arena, busy, LEAST)) === undefined)
    return [unsettled(`the hold of ${masked.field} was rejected, and the next pass does not hold it again`)]
  return arena.prng.below(2) === 0 ? revert(arena, busy, masked) : []
}

/** The right comes back, and the next pass ends the hold by itself. */
async function revert(
  arena: Arena,
  { daemon }: Running,
  { field, keys }: Masked,
): Promise<readonly Finding[]> {
  arena.market.apply({ action: 'unmask', fields: [field], keys })
  await daemon.kill()
  const { url } = await run(arena, 'busy')
  const until = performance.now() + ENDS_WITHIN_MS
  while (performance.now() < until) {
    if ((await heldBy(url, arena.signal)) === null) return []
    await sleep(POLL_MS, arena.signal)
  }
  return [
    unsettled(`${field} is shown again, and ${JSON.stringify(await heldBy(url, arena.signal))} is held`),
  ]
}
