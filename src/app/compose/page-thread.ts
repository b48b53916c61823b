/** A thread that reads pages: from a body's bytes to records, then to their content under one schema. Started by `page-reader.ts`. */
import { parentPort } from 'node:worker_threads'

import { compileListing, type CompiledListing } from '../../events/schema/compiled-listing.ts'
import { ListingEncoder, type ListingEncoderOptions } from '../../events/content/listing-encoder.ts'
import type { ListingRecipe } from '../../events/schema/listing-schemas.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import { RESOURCES } from '../../resources/index.ts'
import type { SourceRecord } from '../../domain/source-record.ts'
import { readPage, type PageBody } from '../../spark/page-body.ts'
import { InvariantViolation } from '../../support/errors.ts'
import type { PageEncoded, PageQuestion, PageRead } from './page-messages.ts'

/** The newest schema alone: older ones are asked for on the other side. */
let compiled: CompiledListing | undefined
const versions = {
  load: () => Promise.resolve(),
  current: () => required(compiled),
  version: () => required(compiled),
}
let encoder: ListingEncoder | undefined

parentPort?.on('message', ({ id, body, length, resource: name, recipe, limit }: PageQuestion) => {
  const resource = required(RESOURCES.find((one) => one.name === name))
  const page = readPage(Buffer.from(body, 0, length), resource)
  const records = page.kind === 'envelope' ? page.rows?.records : undefined
  const last = records === undefined || recipe === undefined
  const read: PageRead = { kind: 'read', id, body, page: withoutBodies(page), last }
  parentPort?.postMessage(read, [body])
  if (last) return
  const encoded = encode(id, resource, records, recipe, limit)
  parentPort?.postMessage(encoded, [encoded.contents])
})

function withoutBodies(page: PageBody): PageRead['page'] {
  if (page.kind === 'not_json') {
    return { kind: 'not_json', characters: page.characters, whole: page.bytes !== undefined }
  }
  if (page.kind !== 'envelope') return page
  if (page.rows === undefined) return { ...page, rows: undefined }
  const records = page.rows.records.map(({ key, modificationTimestamp, mlsId, changeStamps }) => ({
    key,
    modificationTimestamp,
    mlsId,
    changeStamps,
  }))
  return { ...page, rows: { records, unreadable: page.rows.unreadable.map(({ reason }) => reason) } }
}

function encode(
  id: number,
  resource: ResourceDescription,
  records: readonly SourceRecord[],
  { id: schemaId, text, ...options }: ListingRecipe,
  limit: ListingEncoderOptions,
): PageEncoded {
  if (compiled?.id !== schemaId) compiled = compileListing(schemaId, text, options)
  // One reader has one limit; its encoder keeps a buffer that has grown.
  const ours = (encoder ??= new ListingEncoder(versions, limit))
  const contents: Uint8Array[] = []
  let end = 0
  const results = records.map((record): PageEncoded['results'][number] => {
    const result = ours.encode(resource, record)
    if (result.kind !== 'encoded') return result
    const { bytes, ...content } = result.content
    contents.push(bytes)
    end += bytes.length
    return { kind: 'encoded', content, end }
  })
  return { kind: 'encoded', id, contents: joined(contents, end), results }
}

function joined(parts: readonly Uint8Array[], length: number): ArrayBuffer {
  const all = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all.buffer
}

function required<T>(value: T | undefined): T {
  if (value === undefined)
    throw new InvariantViolation('A page was asked for before its schema and resource.')
  return value
}
