import type { Arena } from './arena.ts'
import { deleteDataTopic, makeTopics } from './feed-topics.ts'
import type { Finding } from './findings.ts'

/**
 * While the program stands still or runs. It must stop and name the topic, and only `snapshot --restart` may go on (R2):
 * whoever goes on by itself has lost what was in the topic.
 */
export async function recreateTopic(arena: Arena): Promise<readonly Finding[]> {
  const daemon = await arena.start(['run'])
  await arena.opened(daemon)
  await arena.pause(900, 1_500)
  const running = arena.prng.below(2) === 0
  if (!running) await daemon.kill()
  await deleteDataTopic(arena)
  if (arena.prng.below(2) === 0) await makeTopics(arena, {})
  if (running) {
    await daemon.ends(3_000, arena.signal)
    await daemon.kill()
  }
  arena.topicRecreated = true
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
      what: `the topic was made anew, and update ended with ${JSON.stringify(refused)}`,
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
