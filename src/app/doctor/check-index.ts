import { IndexLockedError, IndexMissingError } from '../../key-index/errors.ts'
import { openKeyIndex } from '../../key-index/open-key-index.ts'
import type { FeedReader } from '../compose/feed-reader.ts'
import { whyMisfit } from '../reports/live-records.ts'
import { ok, warning, wrong, type Finding } from './finding.ts'

/** Scans it against its checksums, as a start does. Its differences to the topics, key by key, are for `index check`. */
export async function checkIndex(
  dataDir: string,
  { names, cluster, listed, resources, log }: FeedReader,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  try {
    await using index = await openKeyIndex(dataDir, { resources, mustExist: true }, signal)
    if (!(await index.verify())) {
      const remedy =
        'Delete the folder "index" in DATA_DIR, or leave it: the next start builds it anew from the topics.'
      return [wrong('index', `the checksums of the index in ${dataDir} are wrong`, remedy)]
    }
    const { generation, nextOffsets } = log
    const position = { prefix: names.prefix, generation, clusterId: cluster.clusterId, listed, nextOffsets }
    const misfit = whyMisfit(index.state(), position)
    if (misfit === undefined) return [ok('index', 'the index is whole, and up with the topics')]
    return [
      warning('index', misfit, 'Nothing, unless it surprises: the next start brings it up to the topics.'),
    ]
  } catch (error) {
    if (error instanceof IndexMissingError) {
      return [ok('index', `there is no index in ${dataDir}: the next start builds it from the topics`)]
    }
    if (error instanceof IndexLockedError) {
      return [ok('index', 'a process has the index open; it has looked at it when it did')]
    }
    throw error
  }
}
