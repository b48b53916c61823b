/** Topics of rows (`ROW_TOPICS`): what writes them, and what has to be done before the first pass. */
import { RowCodec } from '../../events/rows/row-codec.ts'
import { RowSchemas } from '../../events/rows/row-schemas.ts'
import { contentLimit } from '../../feed/record-limits.ts'
import type { FeedTopics } from '../../feed/topics.ts'
import type { Logger } from '../../ops/logger.ts'
import type { KafkaPublisher } from '../../publisher/kafka-publisher.ts'
import { fillRows } from '../../recovery/fill-rows.ts'
import type { KeyIndex } from '../../replication/ports.ts'
import { atMostEvery } from '../../support/at-most-every.ts'
import type { FeedReader } from './feed-reader.ts'
import { now } from './system-clock.ts'

const PROGRESS_INTERVAL_MS = 5_000

/** Undefined where the feed has none. */
export function openRows(
  { names, registry, withRows }: Pick<FeedReader, 'names' | 'registry' | 'withRows'>,
  { recordLimits }: Pick<FeedTopics, 'recordLimits'>,
  logger: Logger,
): RowCodec | undefined {
  if (withRows.length === 0) return undefined
  const schemas = withRows.map((resource) => {
    const topic = names.rows(resource)
    return new RowSchemas({
      registry,
      resource,
      topic,
      mostBytes: contentLimit(recordLimits.get(topic)).bytes,
      onRefusal(err) {
        if (err === null) logger.info({ topic }, 'the registry takes the schema of the rows again')
        else
          logger.warn(
            { topic, err },
            'the registry refuses the schema of the rows: new fields are in UnmappedFields',
          )
      },
    })
  })
  return new RowCodec(schemas)
}

export interface KeptRows {
  readonly reader: Pick<FeedReader, 'cluster' | 'names' | 'withRows' | 'log'>
  /** Up with the topics of the events. */
  readonly index: Pick<KeyIndex, 'getMany'>
  readonly publisher: Pick<KafkaPublisher, 'rows' | 'commitRows'>
  readonly rowCodec: RowCodec | undefined
}

/** Fills those that do not follow their events yet, and lets go of those that are not kept any more. */
export async function keepRows(
  { reader, index, publisher, rowCodec }: KeptRows,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const { cluster, names, withRows, log } = reader
  const dropped = [...log.rows.keys()].filter((name) => !publisher.rows.has(name))
  if (dropped.length > 0) {
    // So that whoever turns them on again knows that they have missed something, or may have.
    await publisher.commitRows(undefined, publisher.rows, signal)
    logger.info(
      { topics: dropped.map((name) => `${names.prefix}.${name}`) },
      'topics of rows are not kept any more',
    )
  }
  if (rowCodec === undefined) return
  const filled = await fillRows(
    {
      cluster,
      names,
      resources: withRows,
      index,
      codec: rowCodec,
      marks: publisher.rows,
      commit: (rows, marks, within) => publisher.commitRows(rows, marks, within),
      now,
      onProgress: atMostEvery(PROGRESS_INTERVAL_MS, (progress) =>
        logger.info({ ...progress }, 'filling a topic of rows from its events'),
      ),
    },
    signal,
  )
  for (const [topic, rows] of filled) logger.info({ topic, rows }, 'topic of rows is filled')
}
