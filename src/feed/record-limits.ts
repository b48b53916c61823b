/** How large a record of a topic may be, by what its brokers say of it (R12). */
import { DEFAULT_LIMIT, type ContentLimit } from '../events/content/content-encoder.ts'
import { roomOf } from '../kafka/broker-limits.ts'

/** What bounds a batch, and with it a record: what the topic takes, and one file of its log. */
export const SIZE_CONFIGS = ['max.message.bytes', 'segment.bytes'] as const

export interface RecordLimit {
  /** Of a record with its key and headers, before compression: the broker may store it without. */
  readonly bytes: number
  /** "max.message.bytes=65536 of topic mls.listings" */
  readonly setting: string
}

/** Key, headers and envelope of an event: the content has the rest. Names and keys are bounded far below. */
const EVENT_ROOM_BYTES = 4096

/** Undefined where the brokers do not tell. */
export function recordLimit(
  topic: string,
  configs: Readonly<Record<string, string>>,
): RecordLimit | undefined {
  const limits = SIZE_CONFIGS.flatMap((name) => {
    const value = Number(configs[name] ?? Number.NaN)
    if (!Number.isSafeInteger(value)) return []
    return [{ bytes: roomOf(value), setting: `${name}=${value} of topic ${topic}` }]
  })
  return limits.toSorted((a, b) => a.bytes - b.bytes)[0]
}

/** What the content of an event may have of it, but no more than it may have anyway. */
export function contentLimit(limit: RecordLimit | undefined): ContentLimit {
  if (limit === undefined || limit.bytes - EVENT_ROOM_BYTES >= DEFAULT_LIMIT.bytes) return DEFAULT_LIMIT
  return { bytes: Math.max(0, limit.bytes - EVENT_ROOM_BYTES), setting: limit.setting }
}
