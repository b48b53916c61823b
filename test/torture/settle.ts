import { z } from 'zod'

import { sleep } from '../../src/support/abort.ts'
import type { Arena } from './arena.ts'
import { daemonAnswer } from './daemon-answer.ts'
import type { Finding } from './findings.ts'
import type { JudgedResource } from './judged-resources.ts'

/** Beyond every overlap that a run may have, within the hour that a source's clock may differ (R4). */
const CLOCK_STEP_MS = 25 * 60_000
const HALF_HOUR_MS = 30 * 60_000
/** More than settling and checking take on a busy machine. */
const LONGEST_MS = 10 * 60_000
const WITHIN_MS = 60_000
const STOP_MS = 15_000
const RETRY_MS = 100

/**
 * Two of each: the first may go on with an interrupted pass, whose pages were read before the market stood still. Lists
 * before the sets of their records.
 */
function passesOf({ isStamped, set }: JudgedResource): readonly string[] {
  // What no stamp tells of, a full cycle finds.
  if (set !== undefined) return isStamped ? ['update', 'update'] : ['update', 'snapshot', 'snapshot']
  const walk = isStamped ? 'update' : 'snapshot'
  return [walk, walk, 'purge', 'purge']
}

/** To where no open house ends, as they do each half hour, before all is checked. */
function clockStep(now: number): number {
  const left = HALF_HOUR_MS - ((now + CLOCK_STEP_MS) % HALF_HOUR_MS)
  return left > LONGEST_MS ? CLOCK_STEP_MS : CLOCK_STEP_MS + left
}

/** Faults off, market held still: the program must come to its end by itself. Answers what kept it from that. */
export async function settle(arena: Arena): Promise<readonly Finding[]> {
  await arena.calm()
  arena.advanceClock(clockStep(arena.simulator.now()))
  const started = performance.now()
  const env = { UPDATE_INTERVAL: '1h', PURGE_INTERVAL: '1h', FULL_WALK_INTERVAL: '1h' }
  const daemon = await arena.start(['run'], { env })
  const url = await arena.opened(daemon)
  if (url === undefined) return [unsettled(`run ended with ${JSON.stringify(daemon.exit)}`)]
  const passes = arena.resources.flatMap((resource) =>
    passesOf(resource).map((pass) => ({ name: resource.name, pass })),
  )
  for (const { name, pass } of passes) {
    for (;;) {
      const answer = await ask(url, pass, arena.signal, name)
      if (answer === 'completed') break
      if (daemon.exit !== undefined || performance.now() - started > WITHIN_MS) {
        return [unsettled(`${pass} of ${name} does not complete: ${answer}, ${JSON.stringify(daemon.exit)}`)]
      }
      await sleep(RETRY_MS, arena.signal)
    }
  }
  daemon.signal('SIGTERM')
  const exit = await daemon.ends(STOP_MS, arena.signal)
  if (exit?.code !== 0) return [unsettled(`SIGTERM ended it with ${JSON.stringify(exit)}`)]
  return []
}

/** Has the daemon run a pass. `completed`, or what went wrong. */
export function ask(url: string, pass: string, signal: AbortSignal, resource = 'listings'): Promise<string> {
  return post(`${url}/resources/${resource}/passes/${pass}`, {}, signal)
}

/** `completed` or another end of the pass, `done` of what is no pass, or what went wrong: its code comes first. */
export async function post(address: string, body: object, signal: AbortSignal): Promise<string> {
  try {
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)]),
    })
    const answer = (await response.json()) as { state?: string; code?: string; message?: string }
    if (answer.state === undefined && response.ok) return 'done'
    return answer.state ?? `${answer.code}: ${answer.message}`
  } catch (error) {
    signal.throwIfAborted()
    return String(error)
  }
}

const STATUS = z.object({
  passes: z.array(z.object({ resource: z.string(), pass: z.string(), state: z.string() })),
})

/** Waits until the daemon has filled listings: before that, no update has to have brought anything. */
export async function filled(url: string, signal: AbortSignal): Promise<boolean> {
  const until = performance.now() + WITHIN_MS
  while (performance.now() < until) {
    const response = await daemonAnswer(`${url}/status`, signal).catch(() => undefined)
    const status = STATUS.safeParse(await response?.json().catch(() => undefined))
    const isFilled = ({ resource, pass, state }: z.output<typeof STATUS>['passes'][number]): boolean =>
      resource === 'listings' && pass === 'snapshot' && state === 'completed'
    if (status.data?.passes.some(isFilled) === true) return true
    await sleep(RETRY_MS, signal)
  }
  return false
}

export function unsettled(what: string): Finding {
  return { column: 'unsettled', what }
}
