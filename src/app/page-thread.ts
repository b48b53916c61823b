/** A thread that reads pages: from a body's bytes to records and their content under one schema. Started by `page-reader.ts`. */
import { parentPort } from 'node:worker_threads'

import { compileListing, type CompiledListing } from '../events/compiled-listing.ts'
import { ListingEncoder } from '../events/listing-encoder.ts'
import type { ListingRecipe } from '../events/listing-schemas.ts'
import { RESOURCES, type ResourceDescription } from '../listing/resource.ts'
import { readPage } from '../spark/page-body.ts'
import { InvariantViolation } from '../support/errors.ts'
import type { PageAnswer, PageQuestion, ReadRow } from './page-messages.ts'

/** The newest schema alone: older ones are asked for on the other side. */
let compiled: CompiledListing | undefined
const encoder = new ListingEncoder({
  load: () => Promise.resolve(),
  current: () => required(compiled),
  version: () => required(compiled),
})

parentPort?.on('message', (question: PageQuestion) => {
  const bytes = Buffer.from(question.body, 0, question.length)
  const resource = RESOURCES.find(({ name }) => name === question.resource)
  const answer = answerTo(question, bytes, required(resource))
  parentPort?.postMessage(answer, [question.body, answer.contents])
})

function answerTo(
  { id, body, recipe }: PageQuestion,
  bytes: Buffer,
  resource: ResourceDescription,
): PageAnswer {
  const nothing = { id, body, contents: new ArrayBuffer(0) }
  const page = readPage(bytes, resource)
  if (page.kind !== 'envelope') return { ...nothing, page }
  const { envelope, rows } = page
  if (rows === undefined) return { ...nothing, page: { kind: 'envelope', envelope, rows } }
  const contents: Uint8Array[] = []
  let end = 0
  if (recipe !== undefined) use(recipe)
  const records = rows.records.map((record): ReadRow => {
    const { key, modificationTimestamp, mlsId, changeStamps } = record
    const row = { key, modificationTimestamp, mlsId, changeStamps }
    if (recipe === undefined) return { ...row, result: undefined }
    const result = encoder.encode(resource, record)
    if (result.kind !== 'encoded') return { ...row, result }
    const { bytes: content, ...rest } = result.content
    contents.push(content)
    end += content.length
    return { ...row, result: { kind: 'encoded', content: rest, end } }
  })
  return {
    id,
    body,
    contents: joined(contents, end),
    page: {
      kind: 'envelope',
      envelope,
      rows: { records, unreadable: rows.unreadable.map(({ reason }) => reason) },
    },
  }
}

function use({ id, text, ...options }: ListingRecipe): void {
  if (compiled?.id !== id) compiled = compileListing(id, text, options)
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
