/**
 * What one writes in an afternoon, to compare with: fetch a page, parse it, send its listings as JSON to Kafka with kafkajs.
 * No transaction, no schema, no index, nothing that a restart could go on from; a listing that disappears stays in the topic.
 * Environment: SPARK_ACCESS_TOKEN, PAGES (the first page of the walk), USER_AGENT, KAFKA_BROKERS, TOPIC.
 */
import { Kafka, logLevel } from 'kafkajs'
import { z } from 'zod'

const { SPARK_ACCESS_TOKEN, PAGES, USER_AGENT, KAFKA_BROKERS, TOPIC } = z
  .object({
    SPARK_ACCESS_TOKEN: z.string(),
    PAGES: z.string(),
    USER_AGENT: z.string(),
    KAFKA_BROKERS: z.string(),
    TOPIC: z.string(),
  })
  .parse(process.env)

/** kafkajs makes one batch of them for each partition, and a broker takes no batch above 1 MB. */
const AT_ONCE = 100
const PAGE = z.object({
  D: z.object({ Results: z.array(z.custom<{ readonly Id: string }>()), SkipToken: z.string() }),
})

const kafka = new Kafka({ brokers: KAFKA_BROKERS.split(','), clientId: 'naive', logLevel: logLevel.ERROR })
const admin = kafka.admin()
await admin.connect()
await admin.createTopics({ waitForLeaders: true, topics: [{ topic: TOPIC, numPartitions: 3 }] })
await admin.disconnect()

const producer = kafka.producer()
await producer.connect()
const begun = performance.now()
const url = new URL(PAGES)
const headers = { authorization: `Bearer ${SPARK_ACCESS_TOKEN}`, 'x-sparkapi-user-agent': USER_AGENT }
let sent = 0
for (;;) {
  const response = await fetch(url, { headers })
  const { Results, SkipToken } = PAGE.parse(await response.json()).D
  if (Results.length === 0) break
  for (let at = 0; at < Results.length; at += AT_ONCE) {
    const listings = Results.slice(at, at + AT_ONCE)
    await producer.send({
      topic: TOPIC,
      messages: listings.map((listing) => ({ key: listing.Id, value: JSON.stringify(listing) })),
    })
    sent += listings.length
  }
  url.searchParams.set('_skiptoken', SkipToken)
}
process.stdout.write(JSON.stringify({ sent, seconds: (performance.now() - begun) / 1000 }))
await producer.disconnect()
