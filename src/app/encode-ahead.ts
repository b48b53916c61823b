import { setImmediate as breathe } from 'node:timers/promises'

import type { ListingEncoder } from '../events/listing-encoder.ts'
import type { Source, SourcePage, WalkRequest } from '../replication/ports.ts'
import { slices } from '../support/slices.ts'

type EncoderAhead = Pick<ListingEncoder, 'encodeAhead'>

/** Records between two looks at what the broker has answered. */
const AT_A_TIME = 100

/**
 * The same source, with each page's records encoded as soon as they are parsed. A walk is read one page ahead, so that
 * this happens while the page before is with the broker; what becomes of the records is still decided afterwards (R1).
 */
export function encodeAhead(source: Source, encoder: EncoderAhead): Source {
  return {
    identify: (signal) => source.identify(signal),
    walk: (request, signal) =>
      request.select === 'keys' ? source.walk(request, signal) : walk(source, encoder, request, signal),
    count: (resource, filter, signal) => source.count(resource, filter, signal),
    findByKeys: (resource, keys, select, signal) => source.findByKeys(resource, keys, select, signal),
    findOne: (resource, key, signal) => source.findOne(resource, key, signal),
  }
}

async function* walk(
  source: Source,
  encoder: EncoderAhead,
  request: WalkRequest,
  signal: AbortSignal,
): AsyncGenerator<SourcePage, void, undefined> {
  for await (const page of source.walk(request, signal)) {
    for (const records of slices(page.records, AT_A_TIME)) {
      encoder.encodeAhead(request.resource, records)
      await breathe()
      signal.throwIfAborted()
    }
    yield page
  }
}
