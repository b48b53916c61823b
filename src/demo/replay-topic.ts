import type { ResourceDescription } from '../domain/resource.ts'
import { readWholeTopic } from '../kafka/read-topic.ts'
import type { Subscriber } from './subscriber.ts'
import { TopicReplay } from './topic-replay.ts'

/** Reads a whole topic, read-committed, with nothing but what any subscriber has. */
export async function replayTopic(
  subscriber: Subscriber,
  topic: string,
  resource: ResourceDescription,
  signal: AbortSignal,
): Promise<TopicReplay> {
  const replay = new TopicReplay(resource)
  for await (const { records } of readWholeTopic(subscriber.cluster, topic, signal)) {
    for (const { key, value, headers } of records) {
      replay.add({
        key: key?.toString('utf8') ?? '',
        eventId: headers['ce_id']?.toString('utf8') ?? '',
        digest: headers['digest']?.toString('utf8') ?? '',
        decoded: await subscriber.decode(value, signal),
      })
    }
  }
  replay.finish()
  return replay
}
