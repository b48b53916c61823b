import type { PassKind } from '../listing/pass.ts'
import { LISTINGS } from '../listing/resource.ts'
import { printLine } from '../support/print.ts'
import { onFeed, type FeedWishes } from './on-feed.ts'
import { describeReport, exitCodeOf, parsePassReport, reportOf } from './pass-report.ts'

export interface OnePassOptions extends FeedWishes {
  readonly dryRun?: true
}

/** Runs one pass and answers the exit code. Handed to the daemon if one holds DATA_DIR. */
export async function runOnePass(
  pass: PassKind,
  options: OnePassOptions,
  signal: AbortSignal,
): Promise<number> {
  const { dryRun = false, restart = false } = options
  const report = await onFeed(
    options,
    {
      pass,
      body: { dryRun, restart },
      parse: parsePassReport,
      run: async (feed) => reportOf(await feed.runner.run(LISTINGS, pass, { dryRun }, signal), dryRun),
    },
    signal,
  )
  printLine(describeReport(report))
  return exitCodeOf(report)
}
