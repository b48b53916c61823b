/** Kafka headers of every keyed record, tombstones too, but for `deleted`; CloudEvents' own among them (docs/operations.md, "Topics"). */
export const HEADERS = {
  digest: 'digest',
  modificationTimestamp: 'modification-timestamp',
  observedAt: 'observed-at',
  changeStamps: 'change-stamps',
  mlsId: 'mls-id',
  maskedFields: 'masked-fields',
  deleted: 'deleted',
  specVersion: 'ce_specversion',
  id: 'ce_id',
  type: 'ce_type',
  source: 'ce_source',
  subject: 'ce_subject',
  time: 'ce_time',
  contentType: 'content-type',
} as const

/** Of the parts of a dead letter. */
export const LETTER_HEADERS = {
  recordKey: 'record-key',
  reason: 'reason',
  passId: 'pass-id',
  part: 'part',
  parts: 'parts',
  contentType: 'content-type',
  contentEncoding: 'content-encoding',
} as const
