/**
 * `make bench-sets`: sets of parts by single requests and by lists with `_expand`, as the program sends them, from a simulator
 * that takes a while for each request. Environment: LATENCY (milliseconds, 150), ROUNDS (5).
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'

import { z } from 'zod'

import { SYSTEM_CLOCK } from '../src/app/compose/system-clock.ts'
import { PROGRAM } from '../src/app/version.ts'
import { parseRecordKey, type RecordKey } from '../src/domain/record-key.ts'
import { LISTING_SETS } from '../src/resources/listing-sets.ts'
import { LISTINGS } from '../src/resources/listings.ts'
import { HttpTransport } from '../src/spark/http-transport.ts'
import { PLAIN_PAGE_READER } from '../src/spark/page-body.ts'
import { createSparkSource, type SparkSource } from '../src/spark/spark-source.ts'
import { unchanging } from '../src/support/renewable.ts'
import { NOBODY } from '../src/support/tries.ts'
import { median, wholeNumber } from './tools/numbers.ts'
import { SIMULATOR_TOKEN, startSimulator } from './simulator-process.ts'

const LATENCY_MS = wholeNumber('LATENCY', 150)
const ROUNDS = wholeNumber('ROUNDS', 5)
const SIZES = [1, 2, 3, 4, 5, 6, 8, 16, 50, 200]
const WAYS = ['single', 'expand'] as const
type Way = (typeof WAYS)[number]

const [PHOTOS] = LISTING_SETS
const RESULTS = join(import.meta.dirname, 'results')
const SENT = z.object({ requests: z.number(), bytes: z.number() })
const LINES = z.array(z.object({ Id: z.string(), Results: z.array(z.unknown()) }))

interface Cost {
  readonly ms: number
  readonly requests: number
  readonly bytes: number
}
type Row = { readonly size: number } & Readonly<Record<Way, Cost>>

const signal = AbortSignal.timeout(60 * 60_000)

async function main(): Promise<void> {
  await using api = await startSimulator(2_000)
  await using transport = new HttpTransport({ apiUrl: api.url, requestTimeoutMs: 60_000, userAgent: PROGRAM })
  const sources = { single: sourceOf(transport, 'single'), expand: sourceOf(transport, 'expand') }
  const keys = await photographed(api.url)
  await post(`${api.url}/_simulator/faults`, {
    fault: { kind: 'delay', ms: LATENCY_MS },
    path: '/v1/*',
    times: null,
  })
  for (const way of WAYS) await measure(api.url, sources[way], keys.slice(0, 50))

  const rows: Row[] = []
  for (const size of SIZES) {
    const costs: Record<Way, Cost[]> = { single: [], expand: [] }
    for (let round = 0; round < ROUNDS; round += 1) {
      const first = (round * size) % (keys.length - size)
      for (const way of round % 2 === 0 ? WAYS : WAYS.toReversed()) {
        costs[way].push(await measure(api.url, sources[way], keys.slice(first, first + size)))
      }
    }
    rows.push({ size, single: middle(costs.single), expand: middle(costs.expand) })
  }
  await mkdir(RESULTS, { recursive: true })
  const result = { program: PROGRAM, latencyMs: LATENCY_MS, rounds: ROUNDS, rows }
  await writeFile(join(RESULTS, 'sets.json'), `${JSON.stringify(result, undefined, 2)}\n`)
  process.stdout.write(table(rows))
}

function sourceOf(transport: HttpTransport, setsWay: Way): SparkSource {
  return createSparkSource({
    transport,
    accessToken: unchanging(SIMULATOR_TOKEN),
    user: undefined,
    setsWay,
    pageLimit: 1000,
    firstRequestNumber: 1,
    pageReader: PLAIN_PAGE_READER,
    tries: NOBODY,
    onDate: () => undefined,
    onRequest: () => undefined,
    clock: SYSTEM_CLOCK,
    random: Math.random,
  })
}

/** Keys of listings that have photos, in another order than that of the source. */
async function photographed(url: string): Promise<readonly RecordKey[]> {
  const response = await fetch(`${url}/_simulator/sets/photos`, { signal })
  const lines = (await response.text()).trim().split('\n')
  const sets = LINES.parse(lines.map((line): unknown => JSON.parse(line)))
  const keys = sets.filter(({ Results }) => Results.length > 0).map(({ Id }) => parseRecordKey(Id))
  const known = keys.filter((key) => key !== undefined)
  return known.map((key, i) => known[(i * 977) % known.length] ?? key)
}

async function measure(url: string, source: SparkSource, keys: readonly RecordKey[]): Promise<Cost> {
  const before = await sent(url)
  const begun = performance.now()
  let found = 0
  const request = { parent: LISTINGS, set: PHOTOS, keys, purpose: 'media' } as const
  for await (const { kind } of source.sets(request, signal)) if (kind === 'found') found += 1
  const ms = performance.now() - begun
  if (found !== keys.length) throw new Error(`${found} sets of ${keys.length} came.`)
  const after = await sent(url)
  return { ms, requests: after.requests - before.requests, bytes: after.bytes - before.bytes }
}

async function sent(url: string): Promise<z.output<typeof SENT>> {
  const response = await fetch(`${url}/_simulator/requests`, { signal })
  return SENT.parse(await response.json())
}

async function post(url: string, body: object): Promise<void> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body), signal })
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
}

function middle(costs: readonly Cost[]): Cost {
  const of = (pick: (cost: Cost) => number): number => median(costs.map(pick))
  return { ms: of(({ ms }) => ms), requests: of(({ requests }) => requests), bytes: of(({ bytes }) => bytes) }
}

function table(rows: readonly Row[]): string {
  const head = ['sets', 'requests', 'time', 'ratio', 'kB', 'ratio']
  const lines = rows.map(({ size, single, expand }) => [
    String(size),
    `${single.requests} / ${expand.requests}`,
    `${Math.round(single.ms)} / ${Math.round(expand.ms)} ms`,
    (expand.ms / single.ms).toFixed(2),
    `${Math.round(single.bytes / 1000)} / ${Math.round(expand.bytes / 1000)}`,
    (expand.bytes / single.bytes).toFixed(2),
  ])
  const widths = head.map((name, i) => Math.max(name.length, ...lines.map((line) => line[i]?.length ?? 0)))
  const text = [head, ...lines].map((line) => line.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  '))
  return `single / _expand, ${LATENCY_MS} ms a request, median of ${ROUNDS} rounds\n${text.join('\n')}\n`
}

await main()
