import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

import { z } from 'zod'

import { HEADERS, type Source } from './source.ts'
import type { Schema } from './walks.ts'

const PROCESS = join(import.meta.dirname, '../processes/limit.ts')
const WARM_PAGES = 8
const MEASURED_PAGES = 24

const SPENT = z.object({ wall: z.number(), cpu: z.number() })
const RESULT = z.object({ records: z.number(), bytes: z.number(), read: SPENT, parse: SPENT, avro: SPENT })

export interface Limit {
  readonly recordsPerSecond: number
  /** All in milliseconds per 1,000 records. */
  /** Unzipping and decoding, which is no part of the limit. */
  readonly readMs: number
  readonly parseMs: number
  readonly encodeMs: number
  readonly cpuMs: number
  /** JSON of one record with its share of the page. */
  readonly bytesPerRecord: number
}

/**
 * @param pages full ones; a sample of them is taken
 * @param schema null for `JSON.parse` alone
 * @param measured how many of them
 */
export async function measureLimit(
  source: Source,
  pages: readonly string[],
  schema: Schema | null,
  signal: AbortSignal,
  measured = MEASURED_PAGES,
): Promise<Limit> {
  const sample = sampleOf(pages, WARM_PAGES + measured)
  const options = { url: source.url, headers: HEADERS, pages: sample, warm: WARM_PAGES, schema }
  const child = spawn(process.execPath, [PROCESS], { stdio: ['pipe', 'pipe', 'inherit'], signal })
  child.stdin.end(JSON.stringify(options))
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')])
  if (child.exitCode !== 0) throw new Error('The single-thread limit could not be measured.')
  const { records, bytes, read, parse, avro } = RESULT.parse(JSON.parse(output))
  const per1k = (ms: number): number => (ms / records) * 1000
  return {
    recordsPerSecond: records / ((parse.wall + avro.wall) / 1000),
    readMs: per1k(read.wall),
    parseMs: per1k(parse.wall),
    encodeMs: per1k(avro.wall),
    cpuMs: per1k(parse.cpu + avro.cpu),
    bytesPerRecord: bytes / records,
  }
}

/** Evenly over the walk, and as often as needed where it is short. */
function sampleOf(pages: readonly string[], wanted: number): readonly string[] {
  return Array.from(
    { length: wanted },
    (_, i) => pages[Math.floor((i * Math.max(pages.length, wanted)) / wanted) % pages.length] ?? '',
  )
}

/** Of one before and one after what they are compared to: the machine may have changed meanwhile. */
export function between(before: Limit, after: Limit): Limit {
  const mean = (pick: (limit: Limit) => number): number => (pick(before) + pick(after)) / 2
  return {
    recordsPerSecond: mean((limit) => limit.recordsPerSecond),
    readMs: mean((limit) => limit.readMs),
    parseMs: mean((limit) => limit.parseMs),
    encodeMs: mean((limit) => limit.encodeMs),
    cpuMs: mean((limit) => limit.cpuMs),
    bytesPerRecord: mean((limit) => limit.bytesPerRecord),
  }
}
