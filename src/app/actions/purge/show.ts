/** `purge show`: what the guard holds, from the topics alone. */
import { loadSettings, type FeedChoice } from '../../../config/load-settings.ts'
import { passId } from '../../../domain/pass.ts'
import type { ListedResource } from '../../../domain/resource.ts'
import { CommittedState } from '../../../replication/committed-state.ts'
import { holdOf, standingHolds } from '../../../replication/holds/standing-hold.ts'
import { printJson, printLine, printLines } from '../../../support/print.ts'
import { requireChosenList } from '../../compose/chosen-resources.ts'
import { openFeedReader } from '../../compose/feed-reader.ts'
import { READER_GROUPS } from '../../compose/settings-groups.ts'
import { headerLine, holdLines } from '../../holds/hold-csv.ts'
import { othersThan, reportHold, type HoldAnswer } from '../../holds/hold-report.ts'
import { describeHold, describeOthers } from '../../reports/describe-hold.ts'

export interface ShowOptions extends FeedChoice {
  readonly resource: ListedResource
  readonly csv?: true
  readonly json?: true
}

/** Works beside a daemon and without one. The exit code is 3 while something is held. */
export async function showHold(
  sweep: string | undefined,
  { resource, csv, json, feed }: ShowOptions,
  signal: AbortSignal,
): Promise<number> {
  const settings = loadSettings(READER_GROUPS, { feed })
  requireChosenList(settings.feed, resource)
  await using reader = await openFeedReader(settings, signal)
  await reader.log.refreshIfThere(signal)
  const state = new CommittedState(reader.log.state(), await reader.holdLog.known(signal))
  const { name } = resource
  const all = standingHolds(state, resource)
  const standing = sweep === undefined ? all[0] : holdOf(state, resource, passId(sweep))
  if (standing === undefined) {
    const unwritten = state.lastPass(name, 'purge')?.deletes.held ?? 0
    if (json === true) printJson({ hold: null, others: [] } satisfies HoldAnswer)
    else printLine(csv === true ? headerLine(resource) : describeNothing(name, unwritten))
    return unwritten === 0 ? 0 : 3
  }
  if (csv === true) {
    for await (const line of holdLines(reader, resource, standing, signal)) printLine(line)
    return 3
  }
  const hold = await reportHold(reader, resource, standing, signal)
  const others = othersThan(standing, all)
  if (json === true) printJson({ hold, others } satisfies HoldAnswer)
  else printLines([...describeHold(hold), ...describeOthers(name, others)])
  return 3
}

/** @param unwritten deletes that are held by a version that wrote down no keys, or whose topic was made again */
function describeNothing(resource: string, unwritten: number): string {
  if (unwritten === 0) return `nothing of ${resource} is held`
  return `${unwritten} deletes of ${resource} are held, but their keys are not in the topic of holds: "listingstream purge --resource ${resource}" walks anew, and writes them`
}
