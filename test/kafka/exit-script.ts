/** Run by kafka.integration.test.ts as a process of its own: uses everything, closes everything, and must then end by itself. */
import { connectKafka } from '../../src/kafka/cluster.ts'
import { followTopics, readWholeTopic } from '../../src/kafka/read-topic.ts'
import { TransactionalProducer } from '../../src/kafka/transactional-producer.ts'

const [brokers = '', topic = ''] = process.argv.slice(2)
const stop = new AbortController()
const { signal } = stop

{
  await using cluster = await connectKafka({ brokers: brokers.split(','), clientId: 'exit-script' }, signal)
  await using producer = await TransactionalProducer.open(cluster, topic, {}, signal)
  const committed = await producer.begin(signal)
  await committed.send(
    [{ topic, partition: 0, records: [{ key: 'k', value: Buffer.from('v'), headers: [] }] }],
    signal,
  )
  await committed.commit(signal)
  // Left open: disposing ends it.
  const open = await producer.begin(signal)
  await open.send([{ topic, partition: 0, records: [{ key: 'k', value: null, headers: [] }] }], signal)

  for await (const batch of readWholeTopic(cluster, topic, signal)) {
    process.stdout.write(`read ${batch.records.length}\n`)
  }
  try {
    for await (const batch of followTopics(cluster, { topics: [topic], from: 'beginning' }, signal)) {
      if (batch.records.length > 0) stop.abort()
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
process.stdout.write('closed\n')
