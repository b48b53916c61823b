/** What an operator sees of what the guard holds, and decides on it, while processes die. */
import { rm } from 'node:fs/promises'

import { z } from 'zod'

import { sleep } from '../../src/support/abort.ts'
import type { Arena } from './arena.ts'
import { daemonAnswer } from './daemon-answer.ts'
import type { Finding } from './findings.ts'
import type { Program } from './program.ts'
import { ask, post, unsettled } from './settle.ts'

const HOLD = '/resources/listings/hold'
/** A busy machine takes its time for a sweep. */
const HELD_WITHIN_MS = 90_000
const WITHIN_MS = 90_000
const POLL_MS = 100
const TRIES = 6

/** Nothing comes by itself, but for what was interrupted, and the first update. */
const IDLE = {
  UPDATE_INTERVAL: '1h',
  PURGE_INTERVAL: '1h',
  FULL_WALK_INTERVAL: '1h',
  RECONCILE_INTERVAL: '1h',
}

export interface Hold {
  /** Its name. */
  readonly sweep: string
  /** Deletes or records. */
  readonly keys: number
}

const ANSWER = z.object({
  hold: z.object({ sweep: z.string(), deletes: z.number(), records: z.number() }).nullable(),
})

/** Null if nothing is held, undefined if the daemon does not answer. */
export async function heldBy(url: string, signal: AbortSignal): Promise<Hold | null | undefined> {
  const response = await daemonAnswer(`${url}${HOLD}`, signal).catch(() => undefined)
  const answer = ANSWER.safeParse(await response?.json().catch(() => undefined))
  if (!answer.success) return undefined
  const { hold } = answer.data
  return hold === null ? null : { sweep: hold.sweep, keys: hold.deletes + hold.records }
}

/** A daemon that is at work. */
export interface Running {
  readonly daemon: Program
  readonly url: string
}

/** @throws {Error} if it does not open the feed */
export async function run(arena: Arena, pace: 'busy' | 'idle'): Promise<Running> {
  const daemon = await arena.start(['run'], pace === 'idle' ? { env: IDLE } : {})
  const url = await arena.opened(daemon)
  if (url === undefined) throw new Error(`run ended with ${JSON.stringify(daemon.exit)}`)
  return { daemon, url }
}

/** `kill -9`, half of the time with the folder. */
export async function lose(arena: Arena, daemon: Program): Promise<void> {
  await daemon.kill()
  if (arena.prng.below(2) === 0) await rm(arena.dataDir, { recursive: true, force: true })
}

/** Dies and starts again some times, at random places of whatever it does. */
export async function dieOften(arena: Arena, first: Running, kills: number): Promise<Running> {
  let { daemon } = first
  for (let i = 0; i < kills; i += 1) {
    await arena.pause(50, 1_200)
    await lose(arena, daemon)
    daemon = await arena.start(['run'])
    if (arena.prng.below(3) > 0) await arena.opened(daemon)
  }
  const url = await arena.opened(daemon)
  if (url === undefined) throw new Error(`run ended with ${JSON.stringify(daemon.exit)}`)
  return { daemon, url }
}

/** Once so many keys are held; undefined if that does not come to pass. */
export async function untilHeld(
  { signal }: Arena,
  { url }: Running,
  least: number,
): Promise<Hold | undefined> {
  const until = performance.now() + HELD_WITHIN_MS
  while (performance.now() < until) {
    const hold = await heldBy(url, signal)
    if (hold && hold.keys >= least) return hold
    await sleep(POLL_MS, signal)
  }
  return undefined
}

/** The next process knows of the hold at once, before it has come to a verdict of its own. */
export async function restartKnowing(
  arena: Arena,
  { daemon }: Running,
  least: number,
): Promise<{ readonly running: Running; readonly findings: readonly Finding[] }> {
  await lose(arena, daemon)
  const running = await run(arena, 'idle')
  const hold = await heldBy(running.url, arena.signal)
  if (hold && hold.keys >= least) return { running, findings: [] }
  const what = `${least} keys or more are held, and after a restart it says ${JSON.stringify(hold)}`
  return { running, findings: [unsettled(what)] }
}

/** Until a pass comes to the end that it must come to: the first may be an interrupted one. */
export async function passEnds(
  arena: Arena,
  { url, daemon }: Running,
  pass: string,
  end: string,
): Promise<readonly Finding[]> {
  const until = performance.now() + WITHIN_MS
  for (;;) {
    const answer = await ask(url, pass, arena.signal)
    if (answer === end) return []
    if (daemon.exit !== undefined || performance.now() > until)
      return [unsettled(`a ${pass} should end ${end}, and ends ${answer}`)]
    await sleep(POLL_MS, arena.signal)
  }
}

export function approve({ url }: Running, hold: string, max: number, signal: AbortSignal): Promise<string> {
  return decision(url, 'approve', { sweep: hold, max }, signal)
}

/** While a pass of the kind is on its way, which may find the same, none is taken on what stands. */
async function decision(
  url: string,
  name: 'approve' | 'reject',
  body: { readonly sweep: string; readonly max?: number },
  signal: AbortSignal,
): Promise<string> {
  const until = performance.now() + WITHIN_MS
  for (;;) {
    const answer = await post(`${url}${HOLD}/${name}`, body, signal)
    const isEarly = answer.startsWith('HOLD_SUPERSEDED') && (await heldBy(url, signal))?.sweep === body.sweep
    if (!isEarly || performance.now() > until) return answer
    await sleep(POLL_MS, signal)
  }
}

/** Fewer than it would be: nothing goes, and the hold stands. */
export async function approveTooFew(arena: Arena, running: Running, hold: Hold): Promise<readonly Finding[]> {
  arena.guard.approve(hold.sweep, 0)
  const max = arena.prng.below(hold.keys)
  const answer = await approve(running, hold.sweep, max, arena.signal)
  const after = await heldBy(running.url, arena.signal)
  if (answer === 'held' && after?.sweep === hold.sweep) return []
  const what = `${max} of ${hold.keys} keys of ${hold.sweep} were approved: ${answer}, and then ${JSON.stringify(after)} is held`
  return [unsettled(what)]
}

/** It ends, and nothing goes. */
export async function reject(arena: Arena, running: Running, hold: Hold): Promise<readonly Finding[]> {
  const answer = await decision(running.url, 'reject', { sweep: hold.sweep }, arena.signal)
  const after = await heldBy(running.url, arena.signal)
  if (answer === 'done' && after === null) return []
  return [unsettled(`${hold.sweep} was rejected: ${answer}, and then ${JSON.stringify(after)} is held`)]
}

/** As many as there are, by the daemon or without one, which may die of it; then once more, until nothing is held. */
export async function approveAll(
  arena: Arena,
  from: Running,
  hold: Hold,
): Promise<{ readonly running: Running; readonly findings: readonly Finding[] }> {
  arena.guard.approve(hold.sweep, hold.keys)
  const { prng, signal } = arena
  const deaths = prng.below(3)
  let running = from
  let answer = ''
  for (let i = 0; i < TRIES; i += 1) {
    if (i >= deaths) answer = await approve(running, hold.sweep, hold.keys, signal)
    else {
      await dieOfApproval(arena, running, hold)
      running = await run(arena, 'idle')
    }
    const after = await heldBy(running.url, signal)
    if (after === null) return { running, findings: [] }
    if (after !== undefined && after.sweep !== hold.sweep) break
  }
  const after = await heldBy(running.url, signal)
  const what = `${hold.keys} keys of ${hold.sweep} were approved: ${answer}, and ${JSON.stringify(after)} is held`
  return { running, findings: [unsettled(what)] }
}

async function dieOfApproval(arena: Arena, { daemon, url }: Running, hold: Hold): Promise<void> {
  const { prng, signal } = arena
  if (prng.below(2) === 0) {
    const approving = approve({ daemon, url }, hold.sweep, hold.keys, signal)
    await arena.pause(1, 250)
    await lose(arena, daemon)
    await approving
    return
  }
  await lose(arena, daemon)
  const aim = { point: 'between-send-and-commit', nth: 1 + prng.below(4) } as const
  const command = await arena.start(['purge', 'approve', hold.sweep, '--max', String(hold.keys)], { aim })
  await command.ends(WITHIN_MS, signal)
  await lose(arena, command)
}
