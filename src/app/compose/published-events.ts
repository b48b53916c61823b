import type { LastFields } from '../../domain/change.ts'
import type { RecordKey } from '../../domain/record-key.ts'
import type { ListedResource } from '../../domain/resource.ts'
import { readSourceFields, type SourceFields } from '../../feed/last-fields.ts'
import { OffsetsWanted } from '../../feed/read-at.ts'
import type { PublishedEvents } from '../../replication/ports.ts'
import type { FeedReader } from './feed-reader.ts'

/** What a feed has published, read where the index says that it lies. */
export function publishedEvents({ cluster, names, writerSchemas: schemas }: FeedReader): PublishedEvents {
  return {
    async lastFields(resource, positions, signal) {
      const wanted = new OffsetsWanted()
      for (const position of positions.values()) wanted.add(position)
      const byText = new Map<string, RecordKey>([...positions.keys()].map((key) => [key, key]))
      const found = new Map<RecordKey, LastFields>()
      await readSourceFields(
        { cluster, topic: names.data(resource), resource, schemas },
        wanted.ascending(),
        (text, fields) => {
          const key = byText.get(text)
          if (key !== undefined) found.set(key, chosen(resource, fields))
        },
        signal,
      )
      return found
    },
  }
}

function chosen({ lastFields = [] }: ListedResource, fields: SourceFields): LastFields {
  const texts = lastFields.map(({ name, field }) => {
    const value = fields[field]
    return [name, typeof value === 'string' ? value : null] as const
  })
  return Object.fromEntries(texts)
}
