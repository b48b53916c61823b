/** Values that fit no field, read where the index says that their events lie. */
import { z } from 'zod'

import { formatInstant } from '../../domain/instant.ts'
import type { ResourceDescription } from '../../domain/resource.ts'
import { decodeValue } from '../../events/decode-value.ts'
import { OffsetsWanted, readAt } from '../../feed/read-at.ts'
import type { OddRecord } from '../../ops/page/feed-history.ts'
import type { KeyIndex } from '../../replication/ports.ts'
import type { FeedReader } from '../compose/feed-reader.ts'

/** As `GET /odd-values` has it. */
export interface OddValues {
  readonly resource: string
  readonly key: string
  /** When it was published. */
  readonly at: string
  /** As JSON texts, cut; none where a later event has them no more. */
  readonly values: readonly { readonly field: string; readonly text: string }[]
}

const MOST_VALUES = 20
const LONGEST_TEXT = 500

/** In the order of the records. */
export async function oddValuesOf(
  reader: FeedReader,
  index: Pick<KeyIndex, 'getMany'>,
  records: readonly OddRecord[],
  signal: AbortSignal,
): Promise<readonly OddValues[]> {
  const found = new Map<string, OddValues['values']>()
  for (const resource of reader.resources) {
    const own = records.filter((record) => record.resource === resource.name)
    if (own.length === 0) continue
    const entries = await index.getMany(
      resource.name,
      own.map(({ key }) => key),
    )
    const wanted = new OffsetsWanted()
    for (const entry of entries) if (entry !== undefined && entry.offset >= 0) wanted.add(entry)
    await readAt(
      reader.cluster,
      reader.names.data(resource),
      wanted.ascending(),
      async ({ key, value }) => {
        if (key === null || value === null) return
        const event = await decodeValue(value, reader.writerSchemas, signal)
        found.set(`${resource.name}/${key.toString('utf8')}`, valuesIn(event.value, resource))
      },
      signal,
    )
  }
  return records.map(({ resource, key, at }) => ({
    resource,
    key,
    at: formatInstant(at),
    values: found.get(`${resource}/${key}`) ?? [],
  }))
}

/** An Avro record is an object of a class of its own. */
const EVENT = z.looseObject({})
const CONTENT = z.looseObject({ unmappedFields: z.looseObject({}) })

function valuesIn(event: unknown, { events }: ResourceDescription): OddValues['values'] {
  const content = CONTENT.safeParse(EVENT.safeParse(event).data?.[events.content]).data
  return Object.entries(content?.unmappedFields ?? {})
    .slice(0, MOST_VALUES)
    .flatMap(([field, text]) => (typeof text === 'string' ? [{ field, text: cut(text) }] : []))
}

function cut(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text
}
