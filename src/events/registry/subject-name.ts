/** Namespace of all our Avro records. */
export const NAMESPACE = 'listingstream'

/** TopicRecordNameStrategy: one topic can hold several record types, each with its own history. */
export function subjectName(topic: string, recordName: string): string {
  return `${topic}-${NAMESPACE}.${recordName}`
}

/** TopicNameStrategy, which stock tools look for: of a topic with one record type alone. */
export function valueSubject(topic: string): string {
  return `${topic}-value`
}
