import { join } from 'node:path'

import { pick } from '../../src/simulator/prng.ts'
import { sleep } from '../../src/support/abort.ts'
import type { Arena } from './arena.ts'
import type { Finding } from './findings.ts'
import { KILL_POINTS } from './kill-point.ts'

type PointGroup = keyof typeof KILL_POINTS

const FENCED = 4

/** To compare with: the daemon works for a while, and nothing is broken. */
export async function leaveAlone(arena: Arena): Promise<void> {
  await arena.opened(await arena.start(['run']))
  await arena.pause(4_000, 5_000)
}

export async function killAtRandom(arena: Arena): Promise<void> {
  const kills = 2 + arena.prng.below(3)
  for (let i = 0; i < kills; i += 1) {
    const daemon = await arena.start(['run'])
    if (arena.prng.below(3) > 0) await arena.opened(daemon)
    await arena.pause(10, 900)
    await daemon.kill()
  }
}

export async function killAtPoint(arena: Arena, group: PointGroup): Promise<void> {
  const kills = 2 + arena.prng.below(3)
  for (let i = 0; i < kills; i += 1) {
    const point = pick<(typeof KILL_POINTS)[PointGroup][number]>(KILL_POINTS[group], arena.prng.next32())
    // A recovery passes its points a few times, a snapshot of some pages many times.
    const nth = 1 + arena.prng.below(group === 'in-recovery' ? 2 : 12)
    const daemon = await arena.start(['run'], { aim: { point, nth } })
    // A point that it does not pass this time: nothing is left to wait for soon after it has opened the feed.
    await arena.opened(daemon)
    await daemon.ends(1_500, arena.signal)
    await daemon.kill()
  }
}

/** The broker ends the transaction of a process that stands still; it must go on by itself, since nobody took its feed. */
export async function stopBeyondTimeout(arena: Arena): Promise<readonly Finding[]> {
  const timeoutMs = 1_000
  const point = pick(KILL_POINTS['between-send-and-commit'], arena.prng.next32())
  const daemon = await arena.start(['run'], {
    aim: { point, nth: 1 + arena.prng.below(10), signal: 'SIGSTOP' },
    env: { KAFKA_TRANSACTION_TIMEOUT: `${timeoutMs}ms` },
  })
  if (!(await daemon.isStopped(6_000, arena.signal))) return []
  await sleep(timeoutMs + 600, arena.signal)
  daemon.signal('SIGCONT')
  const exit = await daemon.ends(1_500, arena.signal)
  if (exit === undefined) return []
  return [{ column: 'unsettled', what: `after a stop without a rival it ended with ${JSON.stringify(exit)}` }]
}

/** The newer one wins; the older one ends with exit code 4 and publishes nothing more (R3). */
export async function fenceByRival(arena: Arena): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  let older = await arena.start(['run'])
  await arena.opened(older)
  const rivals = 1 + arena.prng.below(3)
  for (let i = 0; i < rivals; i += 1) {
    await arena.pause(50, 600)
    const stopped = arena.prng.below(3) === 0
    if (stopped) older.signal('SIGSTOP')
    // The same folder again, as a second start on one host; or another one, as a second host.
    const dataDir = arena.prng.below(3) === 0 ? arena.dataDir : join(arena.folder, `data-${i}`)
    const newer = await arena.start(['run'], { env: { DATA_DIR: dataDir } })
    if (stopped) {
      await arena.pause(500, 2_000)
      older.signal('SIGCONT')
    }
    // From when the newer one has the feed: a busy machine takes its time to start a process.
    await Promise.race([arena.opened(newer, dataDir), older.ends(60_000, arena.signal)])
    const exit = await older.ends(15_000, arena.signal)
    if (exit?.code !== FENCED) {
      findings.push({
        column: 'unsettled',
        what: `the older instance ended with ${JSON.stringify(exit)} after another had started`,
      })
    }
    await arena.opened(newer, dataDir)
    older = newer
  }
  return findings
}
