/** `purge approve`: lets go of the deletes, or records, that the guard holds, up to a number. */
import { loadSettings } from '../../../config/load-settings.ts'
import { passId } from '../../../domain/pass.ts'
import { isSubresource, type ListedResource } from '../../../domain/resource.ts'
import { InvariantViolation } from '../../../support/errors.ts'
import { printJson, printLines } from '../../../support/print.ts'
import { WRITER_GROUPS } from '../../compose/settings-groups.ts'
import { onFeed, type FeedWishes } from '../../passes/on-feed.ts'
import { describeReport, exitCodeOf, parsePassReport, reportOf } from '../../passes/pass-report.ts'

export interface ApproveOptions extends FeedWishes {
  readonly resource: ListedResource
  readonly max: number
  readonly json?: true
}

/** By the daemon that holds DATA_DIR, if there is one. The exit code is 3 if they are still held. */
export async function approveDeletes(
  sweep: string,
  { resource, max, json, ...wishes }: ApproveOptions,
  signal: AbortSignal,
): Promise<number> {
  const report = await onFeed(
    loadSettings(WRITER_GROUPS, { feed: wishes.feed }),
    wishes,
    {
      resource,
      pass: 'purge',
      ofLists: true,
      path: 'hold/approve',
      body: { sweep, max },
      parse: parsePassReport,
      async run(feed, chosen) {
        if (isSubresource(chosen)) throw new InvariantViolation(`${chosen.name} is no list.`)
        const approval = { sweep: passId(sweep), upTo: max }
        return reportOf(await feed.runner.approveHold(chosen, approval, () => undefined, signal), false)
      },
    },
    signal,
  )
  if (json === true) printJson(report)
  else printLines(describeReport(report))
  return exitCodeOf(report)
}
