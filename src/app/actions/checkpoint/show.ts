/** `checkpoint show`: what the topic `checkpoints` says. */
import { loadSettings, type FeedChoice } from '../../../config/load-settings.ts'
import { NoFeedError } from '../../../feed/feed-errors.ts'
import { printJson, printLines } from '../../../support/print.ts'
import { openFeedReader } from '../../compose/feed-reader.ts'
import { READER_GROUPS } from '../../compose/settings-groups.ts'
import { checkpointReport } from '../../reports/checkpoint-report.ts'
import { describeCheckpoints } from '../../reports/describe-checkpoints.ts'

/** @throws {NoFeedError} */
export async function showCheckpoints(
  { json, feed }: FeedChoice & { readonly json?: true },
  signal: AbortSignal,
): Promise<number> {
  await using reader = await openFeedReader(loadSettings(READER_GROUPS, { feed }), signal)
  const { log, names } = reader
  await log.refreshIfThere(signal)
  if (log.owner === undefined && log.source === null) throw new NoFeedError(names.prefix)
  const report = checkpointReport(names.prefix, log)
  if (json === true) printJson(report)
  else printLines(describeCheckpoints(report, Date.now()))
  return 0
}
