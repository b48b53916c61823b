/** A thread that reads pages: from a body's bytes to records, then to their content under one schema. Started by `page-reader.ts`. */
import { parentPort } from 'node:worker_threads'

import { AvroContentEncoder, type ContentRules } from '../../events/content/content-encoder.ts'
import { compileEvent } from '../../events/schema/compiled-event.ts'
import type { ResourceDescription, ResourceName } from '../../domain/resource.ts'
import type { SourceRecord } from '../../domain/source-record.ts'
import { readPage, type PageBody } from '../../spark/page-body.ts'
import type { PageEncoded, PageQuestion, PageRead } from './page-messages.ts'

/** Of each resource by its newest schema alone: older ones are asked for on the other side. */
const rules = new Map<ResourceName, ContentRules>()
const encoder = new AvroContentEncoder(rules)

parentPort?.on('message', ({ id, body, length, resource, encoding }: PageQuestion) => {
  const page = readPage(Buffer.from(body, 0, length), resource)
  const records = page.kind === 'envelope' ? page.rows?.records : undefined
  const last = records === undefined || encoding === undefined
  const read: PageRead = { kind: 'read', id, body, page: withoutBodies(page), last }
  parentPort?.postMessage(read, [body])
  if (last) return
  useRules(resource, encoding)
  const encoded = encode(id, resource, records)
  parentPort?.postMessage(encoded, [encoded.contents])
})

function useRules(
  resource: ResourceDescription,
  { recipe, limit }: NonNullable<PageQuestion['encoding']>,
): void {
  if (rules.get(resource.name)?.schemas.current().id === recipe.id) return
  const { id, text, volatileFields } = recipe
  const compiled = compileEvent(id, text, { resource, volatileFields })
  const schemas = { load: () => Promise.resolve(), current: () => compiled, version: () => compiled }
  rules.set(resource.name, { schemas, limit })
}

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

function encode(id: number, resource: ResourceDescription, records: readonly SourceRecord[]): PageEncoded {
  const contents: Uint8Array[] = []
  let end = 0
  const results = records.map((record): PageEncoded['results'][number] => {
    const result = encoder.encode(resource, record)
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
