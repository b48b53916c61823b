/** What a transcoder is held to: to give what reading and encoding give, to the last byte, or to decline for a reason that holds. */
import { isUtf8 } from 'node:buffer'
import { isDeepStrictEqual } from 'node:util'

import type { EncodeResult, SchemaId } from '../../../src/domain/content.ts'
import { parseJsonText } from '../../../src/domain/json-text.ts'
import type { JsonValue } from '../../../src/domain/json.ts'
import type { ResourceDescription } from '../../../src/domain/resource.ts'
import type { SourceRecord } from '../../../src/domain/source-record.ts'
import {
  AvroContentEncoder,
  DEFAULT_LIMIT,
  type ContentLimit,
} from '../../../src/events/content/content-encoder.ts'
import { planOf, type TranscoderPlan } from '../../../src/events/content/transcoder/plan.ts'
import {
  RecordTranscoder,
  type DeclineReason,
} from '../../../src/events/content/transcoder/record-transcoder.ts'
import { compileEvent, type CompiledEvent } from '../../../src/events/schema/compiled-event.ts'
import { evolve } from '../../../src/events/schema/event-schema.ts'
import { readSchemaFile } from '../../../src/events/schema/schema-file.ts'
import type { FieldDescription } from '../../../src/domain/field-description.ts'
import { readRecord } from '../../../src/spark/records.ts'
import { skipValue } from '../../../src/support/json-bytes.ts'
import { textOfBytes } from '../../../src/support/utf8-text.ts'
import { VOLATILE } from './../sample.ts'

/** A resource under one version of its schema. */
export interface Subject {
  readonly resource: ResourceDescription
  readonly event: CompiledEvent
  readonly limit: ContentLimit
  readonly plan: TranscoderPlan
  readonly encoder: AvroContentEncoder
}

/** @param versions what the metadata described, one version after the other; one of no fields for a written schema */
export function subjectOf(
  resource: ResourceDescription,
  versions: readonly (readonly FieldDescription[])[],
  { readSchema = readSchemaFile, limit = DEFAULT_LIMIT } = {},
): Subject {
  const options = { resource, volatileFields: VOLATILE }
  const written = readSchema(resource.events.upserted)
  let text: string | null = null
  for (const fields of versions) text = evolve(text, fields, { ...options, written })
  const event = compileEvent(1 as SchemaId, text ?? written, options)
  const plan = planOf(event)
  if (plan === undefined) throw new Error('Nothing can be encoded under this schema.')
  const schemas = { load: () => Promise.resolve(), current: () => event, version: () => event }
  const encoder = new AvroContentEncoder(new Map([[resource.name, { schemas, limit }]]))
  return { resource, event, limit, plan, encoder }
}

export function transcoderOf({ plan, event, limit }: Subject): RecordTranscoder {
  return new RecordTranscoder(plan, event.projection, limit)
}

/** What a transcoder said of one record. */
export interface Transcoded {
  readonly end: number
  readonly declined: DeclineReason | undefined
}

/**
 * Transcodes the records that begin at these places, one after the other.
 *
 * @returns in words, where the law is broken: none if it holds
 */
export function breaches(
  subject: Subject,
  transcoder: RecordTranscoder,
  bytes: Buffer,
  places: readonly number[],
): { readonly breaches: readonly string[]; readonly records: readonly Transcoded[] } {
  const found: string[] = []
  const records: Transcoded[] = []
  const contents: (readonly [start: number, end: number, expected: Uint8Array])[] = []
  for (const at of places) {
    const end = transcoder.transcode(bytes, at)
    records.push({ end, declined: transcoder.declined })
    const { declined, start } = transcoder
    if (end < 0) {
      const reason = declined === undefined ? 'there is no reason' : wrongReason(subject, bytes, at, declined)
      if (reason !== undefined) found.push(`declined as ${declined}, but ${reason}`)
      continue
    }
    const made = today(subject, bytes.subarray(at, end))
    if (typeof made === 'string') {
      found.push(`taken, but ${made}`)
      continue
    }
    const { row, result } = made
    if (row === undefined || result?.kind !== 'encoded') {
      found.push('taken, but cannot be read or encoded')
      continue
    }
    const { bytes: expected, digest, volatileFields, unmapped, masked } = result.content
    contents.push([start, transcoder.end, expected])
    const differing = Object.entries({
      key: [transcoder.key, row.key],
      modificationTimestamp: [transcoder.modificationTimestamp, row.modificationTimestamp ?? Number.NaN],
      mlsId: [transcoder.mlsId, row.mlsId],
      stamps: [
        [...transcoder.stamps],
        subject.resource.changeStamps.map(({ name }) => row.changeStamps[name] ?? Number.NaN),
      ],
      digest: [transcoder.digest, digest],
      masked: [transcoder.masked, masked],
      volatileFields: [Object.entries(transcoder.volatileFields), Object.entries(volatileFields)],
      unmapped: [transcoder.unmapped, unmapped],
    }).flatMap(([name, [one, other]]) => (isDeepStrictEqual(one, other) ? [] : [name]))
    found.push(...differing.map((name) => `another ${name}`))
  }
  const output = transcoder.takeOutput()
  let behind = 0
  for (const [start, end, expected] of contents) {
    if (start !== behind) found.push('contents do not follow each other')
    behind = end
    if (Buffer.compare(output.subarray(start, end), expected) !== 0) found.push('another content')
  }
  if (behind !== output.length) found.push('something behind the last content')
  return { breaches: found, records }
}

interface Today {
  readonly row: SourceRecord | undefined
  readonly result: EncodeResult | undefined
}

/** The same record as it is read and encoded elsewhere; why it is none. */
function today({ resource, encoder }: Subject, bytes: Buffer): Today | string {
  let body: JsonValue
  try {
    body = parseJsonText(textOfBytes(bytes))
  } catch {
    return 'it is no JSON'
  }
  const row = readRecord(resource, body)
  if (!('key' in row)) return { row: undefined, result: undefined }
  return { row, result: encoder.encode(resource, row) }
}

/** Undefined if it may be declined for this. */
function wrongReason(
  subject: Subject,
  bytes: Buffer,
  at: number,
  declined: DeclineReason,
): string | undefined {
  const end = skipValue(bytes, at)
  if (end < 0)
    return ['malformed', 'member_name', 'duplicate_member', 'member_order'].includes(declined)
      ? undefined
      : 'it is no JSON'
  const slice = bytes.subarray(at, end)
  const made = today(subject, slice)
  if (typeof made === 'string') return 'the walker took it'
  const { row, result } = made
  const isRecord = isUtf8(slice) && row !== undefined
  switch (declined) {
    case 'malformed':
      return isUtf8(slice) && slice[0] === 0x7b ? 'it is an object in UTF-8' : undefined
    case 'unreadable':
      return isRecord ? 'it has a key' : undefined
    case 'unencodable':
      return isRecord && result?.kind === 'encoded' ? 'it can be encoded' : undefined
    case 'duplicate_member':
    case 'member_name':
    case 'member_order':
      return hasOddNames(slice, declined) ? undefined : 'its names are as usual'
  }
}

/** Looked for in another way: among all names at any level, as they are written. */
function hasOddNames(slice: Buffer, declined: DeclineReason): boolean {
  const tokens = [...textOfBytes(slice).matchAll(/("(?:[^"\\]|\\.)*")\s*:?/gs)].filter(([token]) =>
    token.endsWith(':'),
  )
  const names = tokens.map(([, name]) => String(JSON.parse(name ?? '""')))
  if (declined === 'member_order') return names.some((name) => /^\d/.test(name))
  if (declined === 'member_name') return names.some((name) => Buffer.byteLength(name) > 100)
  return new Set(names).size < names.length
}
