/** A topic through kafkajs's own consumer, to its end, nothing done with the records. Arguments: broker, topic, records. */
import { Kafka, logLevel } from 'kafkajs'

import { useZstd } from '../tools/kafkajs-zstd.ts'

useZstd()

const [broker = '', topic = '', records = ''] = process.argv.slice(2)
const kafka = new Kafka({ brokers: [broker], clientId: 'bench', logLevel: logLevel.ERROR })
const consumer = kafka.consumer({ groupId: `bench-${Date.now().toString(36)}` })
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
let begun = 0
let read = 0
const done = Promise.withResolvers<void>()
await consumer.run({
  eachBatch({ batch }) {
    if (begun === 0) begun = performance.now()
    read += batch.messages.length
    if (read >= Number(records)) done.resolve()
    return Promise.resolve()
  },
})
await done.promise
process.stdout.write(JSON.stringify({ records: read, seconds: (performance.now() - begun) / 1000 }))
await consumer.disconnect()
