/**
 * What the transcoder takes beside `JSON.parse`, beside that and avsc's `encode()`, and beside reading and encoding: CPU of one
 * thread, for pages of the simulator in memory. `node bench/transcoder.ts [standard|full] [rounds]`
 */
import { AvroBuffer } from '../src/events/content/avro-buffer.ts'
import { AvroContentEncoder, DEFAULT_LIMIT } from '../src/events/content/content-encoder.ts'
import { RecordTranscoder } from '../src/events/content/transcoder/record-transcoder.ts'
import { compileEvent } from '../src/events/schema/compiled-event.ts'
import { evolve } from '../src/events/schema/event-schema.ts'
import { readSchemaFile } from '../src/events/schema/schema-file.ts'
import type { SchemaId } from '../src/domain/content.ts'
import type { SourceRecord } from '../src/domain/source-record.ts'
import { LISTINGS } from '../src/resources/listings.ts'
import { startSimulator } from '../src/simulator/index.ts'
import { readStandardFields } from '../src/spark/metadata-bodies.ts'
import { readPage } from '../src/spark/page-body.ts'
import { printJson } from '../src/support/print.ts'

const [set = 'standard', rounds = '24'] = process.argv.slice(2)
const PAGES = 4
const LISTINGS_A_PAGE = 1_000
/** While the code is compiled. */
const WARMING = PAGES

await using server = await startSimulator({
  listings: PAGES * LISTINGS_A_PAGE,
  fields: set === 'full' ? 'full' : 'standard',
})

async function get(path: string): Promise<Buffer> {
  const headers = { Authorization: `Bearer ${server.simulator.accessToken}` }
  return Buffer.from(await (await fetch(server.url + path, { headers })).arrayBuffer())
}

const pages: Buffer[] = []
for (let token = ''; pages.length < PAGES;) {
  const path = `/v1/listings?_limit=${LISTINGS_A_PAGE}&_expand=CustomFieldsRaw&_skiptoken=${token}`
  const page = await get(path)
  token = JSON.parse(page.toString()).D.SkipToken
  pages.push(page)
}
const options = { resource: LISTINGS, volatileFields: ['DaysOnMarket', 'CumulativeDaysOnMarket'] }
const described = readStandardFields(JSON.parse((await get('/v1/standardfields')).toString()).D.Results) ?? []
const written = readSchemaFile(LISTINGS.events.upserted)
const event = compileEvent(1 as SchemaId, evolve(null, described, { ...options, written }), options)
const schemas = { load: () => Promise.resolve(), current: () => event, version: () => event }
const encoder = new AvroContentEncoder(new Map([[LISTINGS.name, { schemas, limit: DEFAULT_LIMIT }]]))
const transcoder = RecordTranscoder.of(event, DEFAULT_LIMIT)
if (transcoder === undefined) throw new Error('Nothing can be encoded under this schema.')
const avro = new AvroBuffer()

function recordsOf(page: Buffer): readonly SourceRecord[] {
  const body = readPage(page, LISTINGS)
  return body.kind === 'envelope' ? (body.rows?.records ?? []) : []
}

/** @returns how many were declined */
function transcode(page: Buffer, by: RecordTranscoder): number {
  let at = page.indexOf('"Results":[') + '"Results":['.length
  let declined = 0
  while (page[at] === 0x7b) {
    const end = by.transcode(page, at)
    if (end < 0) {
      declined += 1
      break
    }
    at = page[end] === 0x2c ? end + 1 : end
  }
  by.takeOutput()
  return declined
}

const times = new Map<string, number[]>()
function timed(name: string, run: () => void): void {
  const begun = process.threadCpuUsage()
  run()
  const { user, system } = process.threadCpuUsage(begun)
  times.set(name, [...(times.get(name) ?? []), (user + system) / 1000])
}

let declined = 0
for (let round = 0; round < Number(rounds) + WARMING; round += 1) {
  if (round === WARMING) times.clear()
  const page = pages[round % PAGES] ?? Buffer.alloc(0)
  const contents = recordsOf(page).map(({ key, body }) => event.projection.project(key, body).content)
  timed('JSON.parse', () => void JSON.parse(page.toString()))
  timed('JSON.parse and avsc', () => {
    JSON.parse(page.toString())
    for (const content of contents) avro.encode(event.content, content)
  })
  timed('reading and encoding', () => {
    for (const record of recordsOf(page)) encoder.encode(LISTINGS, record)
  })
  timed('transcoder', () => (declined += transcode(page, transcoder)))
}

const sorted = [...times].map(([name, ms]) => [name, ms.toSorted((a, b) => a - b)] as const)
printJson({
  fields: described.length,
  bytesOfAListing: Math.round((pages[0]?.length ?? 0) / LISTINGS_A_PAGE),
  declined,
  medianMsPer1000: Object.fromEntries(sorted.map(([name, ms]) => [name, rounded(ms[ms.length >> 1])])),
  leastMsPer1000: Object.fromEntries(sorted.map(([name, ms]) => [name, rounded(ms[0])])),
})

function rounded(ms = Number.NaN): number {
  return Math.round(ms * 10) / 10
}
