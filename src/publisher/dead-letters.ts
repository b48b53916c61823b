/** R12: what cannot be published goes whole to the dead-letter topic, in parts that a broker takes. */
import { DEAD_LETTER_PART_BYTES, deadLetterParts } from '../events/content/dead-letter.ts'
import type { OutgoingRecord } from '../kafka/outgoing-record.ts'
import type { DeadLetter } from '../domain/change.ts'
import type { ResourceDescription } from '../domain/resource.ts'
import type { PassId } from '../domain/pass.ts'
import type { RecordKey } from '../domain/record-key.ts'
import type { TopicNames } from '../feed/topic-names.ts'
import { LETTER_HEADERS } from '../events/header-names.ts'

/** Key and headers of a part but for the reason; topics have 249 characters at most, record keys 128. */
const ROOM_BYTES = 1024
const LEAST_PART_BYTES = 1024
const MOST_REASON = 2000

/**
 * Key `<topic>/<key>`, and `/<part>` after it where there are several: compaction keeps the last record of a key. Headers
 * `record-key` (empty if it has none), `reason`, `pass-id`, `part` and `parts` (from 1).
 *
 * @param mostBytes of a record that the topic takes, before compression. @default more than a part has
 */
export function deadLetterRecords(
  resource: Pick<ResourceDescription, 'name'>,
  letters: readonly DeadLetter[],
  names: TopicNames,
  pass: PassId,
  mostBytes = Infinity,
): readonly OutgoingRecord[] {
  const records: OutgoingRecord[] = []
  for (const letter of letters) {
    const reason = letter.reason.slice(0, MOST_REASON).toWellFormed()
    const { key, parts } = deadLetterParts(letter, partBytesOf(reason, mostBytes))
    const name = `${names.data(resource)}/${key}`
    for (const [i, part] of parts.entries()) {
      records.push({
        key: parts.length === 1 ? name : `${name}/${i + 1}`,
        value: part,
        headers: [
          { name: LETTER_HEADERS.recordKey, value: letter.key ?? '' },
          { name: LETTER_HEADERS.reason, value: reason },
          { name: LETTER_HEADERS.passId, value: pass },
          { name: LETTER_HEADERS.part, value: String(i + 1) },
          { name: LETTER_HEADERS.parts, value: String(parts.length) },
          { name: LETTER_HEADERS.contentType, value: 'application/json' },
          { name: LETTER_HEADERS.contentEncoding, value: 'gzip' },
        ],
      })
    }
  }
  return records
}

/** A topic that takes less than the least refuses its part by name. */
function partBytesOf(reason: string, mostBytes: number): number {
  const room = mostBytes - ROOM_BYTES - Buffer.byteLength(reason)
  return Math.max(LEAST_PART_BYTES, Math.min(DEAD_LETTER_PART_BYTES, room))
}

/** Tombstones for the letters of keys that are published or deleted after all; a letter without its first part is none. */
export function deadLetterTombstones(
  resource: Pick<ResourceDescription, 'name'>,
  keys: readonly RecordKey[],
  names: TopicNames,
): readonly OutgoingRecord[] {
  return keys.flatMap((key) => {
    const name = `${names.data(resource)}/${key}`
    return [name, `${name}/1`].map((part) => ({ key: part, value: null, headers: [] }))
  })
}
