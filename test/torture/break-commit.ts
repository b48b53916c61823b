import { pick } from '../../src/simulator/prng.ts'
import { sleep } from '../../src/support/abort.ts'
import type { Arena } from './arena.ts'
import { CommitDoubt, REFUSALS, type Refusal } from './commit-doubt.ts'
import { ask } from './settle.ts'

/** Any of its passes may have met the refusal, and waits. */
const GO_ON_MS = 6_000
const POLL_MS = 150

/**
 * The answer to a commit is lost, and whoever asks what became of it is refused: by a right that is missing, by an error
 * that the broker does not name, by an answer that the client cannot read. Nothing may be published before the topics are
 * read, although the process lives on (R3).
 */
export async function refuseInDoubt(arena: Arena): Promise<void> {
  const { cluster, prng, signal } = arena
  const doubt = new CommitDoubt()
  for (const proxy of cluster.proxies) proxy.newTap = doubt.newTap
  const daemon = await arena.start(['run'])
  await arena.opened(daemon)
  const rounds = 1 + prng.below(2)
  for (let i = 0; i < rounds && daemon.exit === undefined; i += 1) {
    await arena.pause(50, 800)
    const refusal = pick(Object.keys(REFUSALS) as Refusal[], prng.next32())
    doubt.arm(refusal, 1 + prng.below(3))
    await arena.pause(200, 700)
    // As an operator would, or the schedule a little later: the pass that failed is tried again in the same process.
    const until = performance.now() + GO_ON_MS
    let completed = 0
    while (completed < 2 && daemon.exit === undefined && performance.now() < until) {
      const url = await arena.opened(daemon)
      if (url !== undefined && (await ask(url, 'update', signal)) === 'completed') completed += 1
      else await sleep(POLL_MS, signal)
    }
    doubt.disarm()
  }
}
