/** The instruments of docs/operations.md, "Metrics", by their names, labels and words. What moves them is in metrics.ts. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

const PASS_BUCKETS = [1, 5, 15, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600]
const ARRIVAL_BUCKETS = [
  10,
  30,
  60,
  120,
  300,
  600,
  900,
  1200,
  1800,
  2700,
  3600,
  2 * 3600,
  4 * 3600,
  24 * 3600,
]
const WAIT_BUCKETS = [0.001, 0.1, 0.5, 1, 5, 15, 60, 300]
const TRANSACTION_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

export type Instruments = ReturnType<typeof createInstruments>

export function createInstruments(registry: Registry) {
  const registers = [registry]
  return {
    ...publishedInstruments(registers),
    ...passInstruments(registers),
    ...sourceInstruments(registers),
  }
}

function publishedInstruments(registers: Registry[]) {
  return {
    records: new Counter({
      name: 'listingstream_records_total',
      help: 'Records read from the source, each counted under its one outcome (R11)',
      labelNames: ['resource', 'outcome'],
      registers,
    }),
    events: new Counter({
      name: 'listingstream_events_total',
      help: 'Events committed to Kafka, tombstones not counted',
      labelNames: ['topic', 'type'],
      registers,
    }),
    unmapped: new Counter({
      name: 'listingstream_unmapped_values_total',
      help: 'Values published in unmappedFields, by field; other: it is in no schema and no metadata',
      labelNames: ['resource', 'field'],
      registers,
    }),
    transcoder: new Counter({
      name: 'listingstream_transcoder_rows_total',
      help: 'Rows of large pages, by what the transcoder made of them: transcoded, or why it declined',
      labelNames: ['resource', 'result'],
      registers,
    }),
    transactions: new Histogram({
      name: 'listingstream_transaction_duration_seconds',
      help: 'Time from the begin of a Kafka transaction to its known outcome',
      buckets: TRANSACTION_BUCKETS,
      registers,
    }),
  }
}

function passInstruments(registers: Registry[]) {
  return {
    passes: new Counter({
      name: 'listingstream_passes_total',
      help: 'Passes that ended, by how they ended',
      labelNames: ['resource', 'pass', 'state'],
      registers,
    }),
    sweeps: new Counter({
      name: 'listingstream_sweeps_total',
      help: 'Sweeps by what came of them; inconclusive ones, and tries of one, by why they are not believed',
      labelNames: ['resource', 'verdict', 'reason'],
      registers,
    }),
    passDuration: new Histogram({
      name: 'listingstream_pass_duration_seconds',
      help: 'Time from the start of a pass to its end, or from the start of the process if it was resumed',
      labelNames: ['resource', 'pass'],
      buckets: PASS_BUCKETS,
      registers,
    }),
    parked: new Gauge({
      name: 'listingstream_parked',
      help: '1 while a pass stands still for an error of that code',
      labelNames: ['resource', 'pass', 'code'],
      registers,
    }),
    owedSeconds: new Gauge({
      name: 'listingstream_owed_seconds',
      help: 'Seconds that the source cannot show; updates ask for them again',
      labelNames: ['resource'],
      registers,
    }),
    arrivalDelay: new Histogram({
      name: 'listingstream_arrival_delay_seconds',
      help: 'Time from the stamp of a change to when an update first saw it, by the clock of the source',
      labelNames: ['resource'],
      buckets: ARRIVAL_BUCKETS,
      registers,
    }),
    overlap: new Gauge({
      name: 'listingstream_update_overlap_seconds',
      help: 'How far the windows of updates look back behind the watermark',
      labelNames: ['resource'],
      registers,
    }),
    missed: new Counter({
      name: 'listingstream_missed_total',
      help: 'Events that a sweep or a full cycle of sets published and no update had brought, counted at its end',
      labelNames: ['resource', 'reason'],
      registers,
    }),
    lastSuccess: new Gauge({
      name: 'listingstream_pass_last_success_timestamp_seconds',
      help: 'When a pass of this kind was last completed, also by an earlier process',
      labelNames: ['resource', 'pass'],
      registers,
    }),
  }
}

function sourceInstruments(registers: Registry[]) {
  return {
    requests: new Counter({
      name: 'listingstream_api_requests_total',
      help: 'Requests to the Spark API by HTTP status, none: no answer came, and by what they were for',
      labelNames: ['code', 'purpose'],
      registers,
    }),
    waits: new Histogram({
      name: 'listingstream_api_wait_duration_seconds',
      help: 'How long requests waited until they might be sent',
      labelNames: ['purpose'],
      buckets: WAIT_BUCKETS,
      registers,
    }),
    metadataChecks: new Counter({
      name: 'listingstream_metadata_checks_total',
      help: 'Questions whether the metadata changed: unchanged, fetched, failed',
      labelNames: ['path', 'result'],
      registers,
    }),
    metadataBytes: new Counter({
      name: 'listingstream_metadata_bytes_total',
      help: 'Bytes of the bodies of these answers, as they came over the wire',
      labelNames: ['path'],
      registers,
    }),
    notifications: new Counter({
      name: 'listingstream_notifications_total',
      help: 'Notifications to the webhook, by what came of them: sent, dropped',
      labelNames: ['kind', 'result'],
      registers,
    }),
    setsOwed: new Gauge({
      name: 'listingstream_sets_owed',
      help: 'Sets that had still to be read when a pass of theirs began or ended',
      labelNames: ['resource'],
      registers,
    }),
    setsRefused: new Gauge({
      name: 'listingstream_sets_refused',
      help: 'MLSs whose sets the source refuses to the key, so that they are left alone for a day',
      labelNames: ['resource'],
      registers,
    }),
    schemaRefused: new Gauge({
      name: 'listingstream_schema_refused',
      help: '1 while the registry refuses the schema that follows from the metadata, so that an older one is in use',
      labelNames: ['resource'],
      registers,
    }),
  }
}
