import { decodeValue } from '../events/decode-value.ts'
import { readWholeTopic } from '../kafka/read-topic.ts'
import { openSubscriber, type FeedAddress } from './subscriber.ts'
import { TopicReplay } from './topic-replay.ts'

/** Reads the whole topic `listings`, read-committed, with nothing but what any subscriber has. */
export async function readListings(feed: FeedAddress, signal: AbortSignal): Promise<TopicReplay> {
  await using subscriber = await openSubscriber(feed, signal)
  const { cluster, topic, schemas } = subscriber
  const replay = new TopicReplay()
  for await (const { records } of readWholeTopic(cluster, topic, signal)) {
    for (const { key, value, headers } of records) {
      replay.add({
        key: key?.toString('utf8') ?? '',
        eventId: headers['ce_id']?.toString('utf8') ?? '',
        digest: headers['digest']?.toString('utf8') ?? '',
        decoded: value === null ? null : await decodeValue(value, schemas, signal),
      })
    }
  }
  replay.finish()
  return replay
}
