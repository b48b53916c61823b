import { pick } from '../../src/simulator/prng.ts'
import type { Arena } from './arena.ts'
import { addPartitions, deleteDataTopic, makeTopic, setCleanupPolicy } from './feed-topics.ts'
import type { Finding } from './findings.ts'
import { checkSoFar, filledTopics } from './judge.ts'
import type { Exit, Program } from './program.ts'
import { unsettled } from './settle.ts'

/** A running daemon need not look at every moment, and must not take hours either. */
const NOTICED_WITHIN_MS = 25_000
const MISCONFIGURED = 'TOPIC_MISCONFIGURED'
/** What `snapshot --restart` says of added partitions: it reads the topic, since one that was made anew may have any number. */
const MISPLACED = 'TOPIC_KEYS_MISPLACED'
const WRONG_SETTINGS = 2

/**
 * While the program stands still or runs. It must stop and name the topic, and only `snapshot --restart` may go on (R2):
 * whoever goes on by itself has lost what was in the topic.
 */
export async function recreateTopic(arena: Arena): Promise<readonly Finding[]> {
  const daemon = await arena.start(['run'])
  await arena.opened(daemon)
  await arena.pause(900, 1_500)
  const running = arena.prng.below(2) === 0
  const topic = await someTopic(arena)
  if (!running) await daemon.kill()
  await deleteDataTopic(arena, topic)
  if (arena.prng.below(2) === 0) await makeTopic(arena, topic, {})
  if (running) {
    await daemon.ends(3_000, arena.signal)
    await daemon.kill()
  }
  arena.recreated = topic
  const again = await arena.start(['update'])
  const refused = await again.exited
  const log = await again.log()
  const restart = await arena.start(['snapshot', '--restart'])
  const restarted = await restart.exited
  // A listing that comes back into view during the walk, with its old stamp, makes it incomplete (R7): the next one is not.
  const incomplete = (await restart.log()).includes('PASS_INCOMPLETE')
  const findings: Finding[] = []
  const stopped = daemon.exit?.code === 1 || refused.code === 1
  if (!stopped || !log.includes('TOPIC_TRUNCATED')) {
    findings.push({
      column: 'lost',
      what: `the topic ${topic} was made anew, and update ended with ${JSON.stringify(refused)}`,
    })
  }
  if (restarted.code !== 0 && !incomplete) {
    findings.push({
      column: 'unsettled',
      what: `snapshot --restart ended with ${JSON.stringify(restarted)}`,
    })
  }
  return findings
}

/**
 * Partitions are added: a key's partition follows from their number, so half of the keys would go on in another one. It
 * must stop and name the topic, also with `snapshot --restart`, since the old records stay; the way out is a new prefix.
 */
export async function addTopicPartitions(arena: Arena): Promise<readonly Finding[]> {
  const { prng } = arena
  const daemon = await runWithSnapshot(arena)
  const running = prng.below(2) === 0
  if (!running) await daemon.kill()
  const count = Number(arena.settings['KAFKA_PARTITIONS'])
  await addPartitions(arena, await someTopic(arena), count + 1 + prng.below(3))
  const findings = running ? [...(await noticed(arena, daemon))] : []
  await daemon.kill()
  for (const args of [['update'], ['snapshot', '--restart']]) {
    const program = await arena.start(args)
    findings.push(...refusal(args, await program.exited, await program.logSince()))
  }
  findings.push(...(await checkSoFar(arena)))
  arena.moveTo('moved')
  return findings
}

/** The topic no longer keeps what it holds: nobody who rebuilds from it would notice. It must stop and name it. */
export async function changeTopicPolicy(arena: Arena): Promise<readonly Finding[]> {
  const daemon = await runWithSnapshot(arena)
  const topic = await someTopic(arena)
  await setCleanupPolicy(arena, topic, arena.prng.below(2) === 0 ? 'delete' : 'compact,delete')
  const findings = [...(await noticed(arena, daemon))]
  await daemon.kill()
  for (const args of [['update'], ['snapshot', '--restart']]) {
    const program = await arena.start(args)
    findings.push(...refusal(args, await program.exited, await program.logSince()))
  }
  await setCleanupPolicy(arena, topic, 'compact')
  return findings
}

/** One that holds something: of an empty one nobody can say that it is another. */
async function someTopic(arena: Arena): Promise<string> {
  return pick(await filledTopics(arena, 1), arena.prng.next32())
}

/** A daemon at work, on a topic that holds the whole feed. */
async function runWithSnapshot(arena: Arena): Promise<Program> {
  const snapshot = await arena.start(['snapshot'])
  await snapshot.exited
  const daemon = await arena.start(['run'])
  await arena.opened(daemon)
  await arena.pause(300, 900)
  return daemon
}

/** Whether a running daemon stops, or parks its passes, and says why. */
async function noticed(arena: Arena, daemon: Program): Promise<readonly Finding[]> {
  const until = performance.now() + NOTICED_WITHIN_MS
  while (performance.now() < until) {
    if ((await daemon.logSince()).includes(MISCONFIGURED)) return []
    await arena.pause(100, 200)
  }
  const what = `the topic was altered under a running daemon, which said nothing for ${NOTICED_WITHIN_MS / 1_000} s`
  return [unsettled(`${what}, ${JSON.stringify(daemon.exit)}`)]
}

function refusal(args: readonly string[], exit: Exit, log: string): readonly Finding[] {
  const named = log.includes(MISCONFIGURED) || log.includes(MISPLACED)
  if (exit.code === WRONG_SETTINGS && named) return []
  return [unsettled(`the topic was altered, and ${args.join(' ')} ended with ${JSON.stringify(exit)}`)]
}
