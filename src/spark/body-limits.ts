/**
 * How much of an answer is read, in bytes, compressed as well as unzipped: 200 kB of gzip may unzip to 200 MB. What is
 * longer is refused before it is in memory.
 */
const KIB = 1024
const MIB = 1024 * KIB

/** Of an answer with an error status: its envelope says a sentence. A longer one is a gateway's page and is not read. */
export const ERROR_BODY_BYTES = 64 * KIB

/** Of a count, of `/v1/system`. */
export const ANSWER_BODY_BYTES = MIB

/** Of the lists of fields; 403 standard fields have 0.2 MB. */
export const METADATA_BODY_BYTES = 16 * MIB

/** A listing has some 5 kB, with all its expansions some 100 kB. */
const RECORD_BYTES = 128 * KIB
/** One record in a page may be far above the others. */
const OUTLIER_BYTES = 8 * MIB

/** Of an answer with so many records. */
export function recordsBodyBytes(records: number): number {
  return OUTLIER_BYTES + records * RECORD_BYTES
}
