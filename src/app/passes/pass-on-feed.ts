import type { PassKind, PurgeCompare } from '../../domain/pass.ts'
import type { Replicated } from '../../domain/resource.ts'
import { printJson, printLines } from '../../support/print.ts'
import type { WriterSettings } from '../compose/settings-groups.ts'
import { onFeed, type FeedWishes } from './on-feed.ts'
import { describeReport, exitCodeOf, parsePassReport } from './pass-report.ts'
import { runPassWithSets } from './run-pass.ts'

export interface OnePassOptions extends FeedWishes {
  readonly resource: Replicated
  readonly dryRun?: true
  readonly json?: true
  /** Of a purge. */
  readonly approveUpTo?: number
  /** Of a purge. */
  readonly compare?: PurgeCompare
  /** Of a purge. */
  readonly fresh?: true
}

export async function passOnFeed(
  settings: WriterSettings,
  pass: PassKind,
  options: OnePassOptions,
  signal: AbortSignal,
): Promise<number> {
  const { resource, dryRun = false, restart = false, fresh = false, approveUpTo, compare } = options
  const report = await onFeed(
    settings,
    options,
    {
      resource,
      pass,
      ofLists: pass === 'purge',
      // What is undefined is no member of its JSON.
      body: { dryRun, restart, approveUpTo, compare, ...(fresh ? { fresh } : {}) },
      parse: parsePassReport,
      run: (feed, chosen) =>
        runPassWithSets(feed, chosen, pass, { dryRun, fresh, approveUpTo, compare }, signal),
    },
    signal,
  )
  if (options.json === true) printJson(report)
  else printLines(describeReport(report))
  return exitCodeOf(report)
}
