/**
 * What any subscriber does at least: every record of these topics fetched, and every value decoded by avsc, on one thread.
 * Arguments: broker, registry, topics separated by commas.
 */
import avsc from 'avsc'
import { z } from 'zod'

import { recordsIn } from '../tools/record-batches.ts'
import { fetchTopic } from '../tools/topic.ts'

const SCHEMA = z.object({ schema: z.string() })

const [broker = '', registry = '', topics = ''] = process.argv.slice(2)
const types = new Map<number, avsc.Type>()

// Schemas are few; the second walk meets none that is not known.
const unknown = new Set<number>()
await decodeAll()
for (const id of unknown) {
  const response = await fetch(`${registry}/schemas/ids/${id}`)
  const { schema } = SCHEMA.parse(await response.json())
  types.set(id, avsc.Type.forSchema(z.custom<avsc.Schema>().parse(JSON.parse(schema))))
}
process.stdout.write(JSON.stringify(await decodeAll()))

async function decodeAll(): Promise<{ readonly records: number; readonly seconds: number }> {
  let records = 0
  let seconds = 0
  for (const topic of topics.split(',')) {
    const fetched = await fetchTopic(broker, topic, (batch) => {
      for (const { value } of recordsIn(batch)) {
        if (value === null) continue
        // Magic byte and id of the schema come first.
        const id = value.readInt32BE(1)
        const type = types.get(id)
        if (type === undefined) unknown.add(id)
        else type.fromBuffer(value.subarray(5))
      }
    })
    records += fetched.records
    seconds += fetched.seconds
  }
  return { records, seconds }
}
