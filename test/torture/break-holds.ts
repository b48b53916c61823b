import { pick } from '../../src/simulator/prng.ts'
import type { Arena } from './arena.ts'
import type { Finding } from './findings.ts'
import {
  approve,
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

/** More than what the market itself takes away between two sweeps. */
const HARD_MAX = 15
const ANY_NUMBER = '1000000'

/**
 * Many listings go at once, and the guard lets few go: they are held, whatever dies in between, until an operator approves
 * so many, or a later sweep comes to another verdict (R10).
 */
export async function holdDeletes(arena: Arena): Promise<readonly Finding[]> {
  const { market, guard, simulator } = arena
  guard.limitDeletes(HARD_MAX)
  arena.change({ PURGE_HARD_MAX: `${ANY_NUMBER},listings=${HARD_MAX}` })
  try {
    return await heldAndDecided(arena)
  } finally {
    await arena.stopPrograms()
    guard.lift(simulator.now())
    // What has gone meanwhile may be half of the feed.
    arena.change({ PURGE_HARD_MAX: ANY_NUMBER, PURGE_MAX_RATIO: '0.1,listings=1,openhouses=1' })
    market.resume()
  }
}

async function heldAndDecided(arena: Arena): Promise<readonly Finding[]> {
  const { market, prng, signal } = arena
  const first = await run(arena, 'busy')
  if (!(await filled(first.url, signal))) return [unsettled('the first snapshot did not end')]
  await arena.pause(200, 900)
  const action = pick(['remove', 'leave'] as const, prng.next32())
  const keys = market.someKeys(32 + prng.below(16), prng)
  market.apply({ action, keys })
  // The market takes nothing back that was removed, but would what has left.
  if (action === 'leave') market.pause()
  // A sweep that was on its way has seen some of them, and may have deleted as many as the guard lets go.
  const least = keys.length - HARD_MAX
  const busy = await dieOften(arena, first, prng.below(4))
  if ((await untilHeld(arena, busy, least)) === undefined)
    return [unsettled(`${keys.length} listings are gone, and nothing is held`)]
  const { running, findings } = await restartKnowing(arena, busy, least)
  if (findings.length > 0) return findings
  market.pause()
  // This one may go on with a sweep that began before: what was published beside it and went is missing, and not among its keys.
  const interrupted = await passEnds(arena, running, 'purge', 'held')
  if (interrupted.length > 0) return interrupted
  return decide(arena, running, action === 'leave' ? keys : [])
}

/** @param left listings that can come back */
async function decide(arena: Arena, from: Running, left: readonly string[]): Promise<readonly Finding[]> {
  const { market, prng } = arena
  const decisions = [approveTooFew, rejectAndSweep, decideTooLate]
  let running = from
  for (let i = prng.below(3); i > 0; i -= 1) {
    const held = await sweepAgain(arena, running)
    if (!('sweep' in held)) return held
    const findings = await pick(decisions, prng.next32())(arena, running, held)
    if (findings.length > 0) return findings
    if (prng.below(2) === 0) {
      const known = await restartKnowing(arena, running, 1)
      if (known.findings.length > 0) return known.findings
      running = known.running
    }
  }
  if (left.length > 0 && prng.below(2) === 0) {
    market.apply({ action: 'return', keys: left })
    return cleared(arena, running)
  }
  const held = await sweepAgain(arena, running)
  if (!('sweep' in held)) return held
  if (prng.below(4) === 0) return []
  return (await approveAll(arena, running, held)).findings
}

/** A sweep of this state of the market, to be decided on. */
async function sweepAgain(arena: Arena, running: Running): Promise<Hold | readonly Finding[]> {
  const findings = await passEnds(arena, running, 'purge', 'held')
  if (findings.length > 0) return findings
  const hold = await heldBy(running.url, arena.signal)
  return hold ?? [unsettled(`a purge was held, and then ${JSON.stringify(hold)} is`)]
}

async function rejectAndSweep(arena: Arena, running: Running, hold: Hold): Promise<readonly Finding[]> {
  const findings = await reject(arena, running, hold)
  return findings.length > 0 ? findings : passEnds(arena, running, 'purge', 'held')
}

/** A later sweep holds in its place. */
async function decideTooLate(arena: Arena, running: Running, hold: Hold): Promise<readonly Finding[]> {
  const findings = await passEnds(arena, running, 'purge', 'held')
  if (findings.length > 0) return findings
  const answer = await approve(running, hold.sweep, hold.keys, arena.signal)
  if (answer.startsWith('HOLD_SUPERSEDED')) return []
  return [unsettled(`${hold.sweep} was approved when a later sweep had held: ${answer}`)]
}

/** What came back is not held any more. */
async function cleared(arena: Arena, running: Running): Promise<readonly Finding[]> {
  const findings = await passEnds(arena, running, 'purge', 'completed')
  if (findings.length > 0) return findings
  const after = await heldBy(running.url, arena.signal)
  return after === null ? [] : [unsettled(`listings came back, and ${JSON.stringify(after)} is held`)]
}
