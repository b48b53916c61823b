/** Topics of rows (`ROW_TOPICS`): which of them follow their events, and which have to be filled. */
import type { ResourceDescription } from '../domain/resource.ts'
import type { CheckpointLog } from './checkpoint-log.ts'
import type { RowMark, RowMarks } from './state-records.ts'
import { rowPartitionsChanged } from './topic-error.ts'
import { lostPlaces, type TopicExtent } from './topic-extent.ts'
import type { TopicNames } from './topic-names.ts'

/** Of a topic whose rows follow every transaction. */
export const FILLED: RowMark = { swept: [], sweepEnds: [], filled: [], ends: [] }

export function isFilled({ swept, sweepEnds, filled, ends }: RowMark): boolean {
  return reaches(swept, sweepEnds) && reaches(filled, ends)
}

export interface KeptRowsOptions {
  readonly log: Pick<CheckpointLog, 'rows' | 'nextOffsets' | 'startOffsets' | 'truncation'>
  readonly names: TopicNames
  /** What the feed replicates, and those of it that have a topic of rows. */
  readonly resources: readonly ResourceDescription[]
  readonly withRows: readonly ResourceDescription[]
  /** Of the topics of the events. */
  readonly extent: TopicExtent
  /** Of those of the rows. */
  readonly rowExtent: TopicExtent
}

/**
 * How far each topic of rows is. One that the last transaction did not keep begins anew, and so does one that is not as that
 * left it, or whose events are not: its rows are compared with the events that there are, then filled from them. Those of
 * resources that this process does not replicate stay as they are.
 *
 * @throws {TopicError} if partitions were added to one
 */
export function keptRows({ log, names, resources, withRows, extent, rowExtent }: KeptRowsOptions): RowMarks {
  const gone = new Set([...lostPlaces(log, extent), ...lostPlaces(log, rowExtent)].map(({ name }) => name))
  const marks = new Map(log.rows)
  for (const { rows } of resources) marks.delete(rows.topic)
  for (const resource of withRows) {
    const { name, rows } = resource
    const known = log.rows.get(rows.topic)
    const isNoted = log.truncation?.topic === names.data(resource)
    const isWhole = known !== undefined && !isNoted && !gone.has(rows.topic) && !gone.has(name)
    if (isWhole) requireSameCount(resource, log, rowExtent, names)
    marks.set(rows.topic, isWhole ? known : beginning(resource, extent, rowExtent))
  }
  return marks
}

function requireSameCount(
  resource: ResourceDescription,
  { nextOffsets }: KeptRowsOptions['log'],
  rowExtent: TopicExtent,
  names: TopicNames,
): void {
  const { topic } = resource.rows
  const [before, now] = [nextOffsets, rowExtent.nextOffsets].map((offsets) => offsets[topic]?.length ?? 0)
  if (before === undefined || now === undefined || before === now) return
  throw rowPartitionsChanged(names.rows(resource), before, now)
}

function beginning(
  { name, rows }: ResourceDescription,
  extent: TopicExtent,
  rowExtent: TopicExtent,
): RowMark {
  const mark = {
    swept: rowExtent.startOffsets[rows.topic] ?? [],
    sweepEnds: rowExtent.nextOffsets[rows.topic] ?? [],
    filled: extent.startOffsets[name] ?? [],
    ends: extent.nextOffsets[name] ?? [],
  }
  return isFilled(mark) ? FILLED : mark
}

function reaches(offsets: readonly number[], ends: readonly number[]): boolean {
  return ends.every((end, partition) => (offsets[partition] ?? 0) >= end)
}
