/**
 * What one thread can do at most with these pages: `JSON.parse` and avsc's `encode()` of the same records under the same
 * schema, and nothing else; without a schema `JSON.parse` alone. What the program does beside it, it does in the time above
 * this. A process of its own, so that every round begins with the same engine; pages are fetched and records projected to the
 * schema outside of what is measured.
 */
import { Agent, get } from 'node:http'
import { once } from 'node:events'
import { buffer, json } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'

import { z } from 'zod'

import { parseSchemaId } from '../../src/domain/content.ts'
import { isJsonObject, type JsonObject } from '../../src/domain/json.ts'
import { recordKey, type RecordKey } from '../../src/domain/record-key.ts'
import { AvroBuffer } from '../../src/events/content/avro-buffer.ts'
import { compileEvent } from '../../src/events/schema/compiled-event.ts'
import { LISTINGS } from '../../src/resources/listings.ts'

const OPTIONS = z.object({
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  /** With their query; the first few only warm the engine. */
  pages: z.array(z.string()),
  warm: z.number(),
  schema: z.object({ id: z.number(), text: z.string() }).nullable(),
})

/** Milliseconds. */
interface Spent {
  wall: number
  cpu: number
}

const { url, headers, pages, warm, schema } = OPTIONS.parse(await json(process.stdin))
const agent = new Agent({ keepAlive: true })

const encode = schema === null ? undefined : encoderOf(schema)
/** Unzipping and decoding, which is no part of the limit. */
const read: Spent = { wall: 0, cpu: 0 }
const parse: Spent = { wall: 0, cpu: 0 }
const avro: Spent = { wall: 0, cpu: 0 }
let records = 0
let bytes = 0
for (const [at, page] of pages.entries()) {
  const measured = at >= warm
  const sent = await bodyOf(page)
  const unzip = (): string => gunzipSync(sent).toString()
  const text = measured ? timed(read, unzip) : unzip()
  const parsed = measured ? timed(parse, () => JSON.parse(text) as unknown) : (JSON.parse(text) as unknown)
  const rows = resultsOf(parsed)
  encode?.(rows, measured)
  if (!measured) continue
  records += rows.length
  bytes += Buffer.byteLength(text)
}
agent.destroy()
process.stdout.write(JSON.stringify({ records, bytes, read, parse, avro }))

function encoderOf({ id, text }: { id: number; text: string }) {
  const known = parseSchemaId(id)
  if (known === undefined) throw new Error(`${id} is no id of a schema.`)
  const { content, projection } = compileEvent(known, text, {
    volatileFields: ['DaysOnMarket', 'CumulativeDaysOnMarket'],
    resource: LISTINGS,
  })
  const avroBuffer = new AvroBuffer()
  return (rows: readonly JsonObject[], measured: boolean): void => {
    // Not measured: avsc takes objects of the schema's shape, however they came about.
    const contents = rows.map((row) => projection.project(keyOf(row), row).content)
    const all = (): void => {
      for (const record of contents) avroBuffer.encode(content, record)
    }
    if (measured) timed(avro, all)
    else all()
  }
}

function timed<T>(spent: Spent, work: () => T): T {
  const cpu = process.cpuUsage()
  const begun = performance.now()
  const result = work()
  spent.wall += performance.now() - begun
  const { user, system } = process.cpuUsage(cpu)
  spent.cpu += (user + system) / 1000
  return result
}

async function bodyOf(page: string): Promise<Buffer> {
  const [response] = await once(get(`${url}${page}`, { headers, agent }), 'response')
  return await buffer(response)
}

function keyOf(row: JsonObject): RecordKey {
  return recordKey(typeof row['Id'] === 'string' ? row['Id'] : '')
}

function resultsOf(page: unknown): readonly JsonObject[] {
  const envelope = isJsonObject(page) ? page['D'] : undefined
  const results = isJsonObject(envelope) ? envelope['Results'] : undefined
  if (!Array.isArray(results)) throw new TypeError('A page of the simulator has no Results.')
  return results.filter(isJsonObject)
}
