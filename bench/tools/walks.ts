/** The program's own requests, learned from a small source, so that pages can be rendered before it asks for them. */
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'

import { SchemaRegistry } from '../../src/events/registry/schema-registry.ts'
import type { Bench } from './bench.ts'
import { runMeasured } from './measured-program.ts'
import { Source } from './source.ts'

const PAGE_SIZE = 1000
const SMALL = 20

type Fields = 'standard' | 'full'

export interface Schema {
  readonly id: number
  readonly text: string
}

/** What the program asks for, by one source and one set of settings. */
export interface Walk {
  /** Of whole listings, as a snapshot walks. */
  readonly whole: string
  /** Of keys and stamps, as a purge walks. */
  readonly keys: string
  /** Under which it published. */
  readonly schema: Schema
}

const known = new WeakMap<Bench, Map<Fields, Promise<Walk>>>()

/** Learned once a run. */
export function walkOf(bench: Bench, fields: Fields, signal: AbortSignal): Promise<Walk> {
  const walks = known.get(bench) ?? new Map<Fields, Promise<Walk>>()
  known.set(bench, walks)
  const walk = walks.get(fields) ?? learnWalk(bench, fields, signal)
  walks.set(fields, walk)
  return walk
}

/** A snapshot and a purge of a few listings with the same fields. */
async function learnWalk(bench: Bench, fields: Fields, signal: AbortSignal): Promise<Walk> {
  const folder = await mkdtemp(join(bench.folder, 'walk-'))
  await using source = await Source.start({ listings: SMALL, fields, folder }, signal)
  const prefix = bench.prefix(`walk-${fields}`)
  const settings = { ...bench.settings, ...source.settings, TOPIC_PREFIX: prefix }
  const asked = async (command: string): Promise<string> => {
    await runMeasured({ args: [command], settings, folder }, signal)
    const last = (await source.log()).findLast(({ url }) => url.includes('_skiptoken='))
    if (last === undefined) throw new Error(`The ${command} walked nothing.`)
    return last.url
  }
  const whole = await asked('snapshot')
  const keys = await asked('purge')
  const registry = new SchemaRegistry({ url: bench.settings.SCHEMA_REGISTRY_URL })
  const latest = await registry.latest(`${prefix}.listings-listingstream.ListingUpserted`, signal)
  if (latest === undefined) throw new Error(`The registry has no schema of ${prefix}.listings.`)
  return { whole, keys, schema: { id: latest.id, text: latest.schema } }
}

/** The pages of a walk over these keys, ascending; with `end`, the empty page behind the last one, too. */
export function pagesOf(example: string, keys: readonly string[], end = true): readonly string[] {
  const pages = [withToken(example, '')]
  for (let at = PAGE_SIZE - 1; at < keys.length - 1; at += PAGE_SIZE) {
    pages.push(withToken(example, keys[at] ?? ''))
  }
  if (end) pages.push(withToken(example, keys.at(-1) ?? ''))
  return pages
}

export function withToken(example: string, token: string): string {
  const url = new URL(example, 'http://source')
  url.searchParams.set('_skiptoken', token)
  return `${url.pathname}${url.search}`
}
