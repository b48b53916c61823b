import type { FeedNotification } from '../domain/notification.ts'
import { formatInstant } from '../domain/instant.ts'
import { HEADERS } from '../events/header-names.ts'
import { NAMESPACE } from '../events/registry/subject-name.ts'
import type { OutgoingRecord } from '../kafka/outgoing-record.ts'

/** Of the topic `control`, with the headers of a CloudEvent in binary mode. */
export function notificationRecord(
  { id, resource, pass, at }: FeedNotification,
  prefix: string,
  value: Uint8Array,
): OutgoingRecord {
  const headers = [
    { name: HEADERS.specVersion, value: '1.0' },
    { name: HEADERS.id, value: id },
    { name: HEADERS.type, value: `${NAMESPACE}.FeedNotification` },
    { name: HEADERS.source, value: `/listingstream/${prefix}` },
    { name: HEADERS.subject, value: resource === null ? prefix : `${resource}/${pass ?? ''}` },
    { name: HEADERS.time, value: formatInstant(at) },
    { name: HEADERS.contentType, value: 'application/avro' },
  ]
  return { key: id, value, headers }
}
