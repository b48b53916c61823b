import type { PassKind } from '../../domain/pass.ts'
import { isSubresource, type Replicated } from '../../domain/resource.ts'
import { PLAIN_PASS, type PassOptions } from '../../replication/feed-runner.ts'
import type { DeletePreview } from './delete-preview.ts'
import type { OpenFeed } from '../compose/open-feed.ts'
import { reportOf, type PassReport } from './pass-report.ts'

/** What a person may wish of a pass. */
export type PassWishes = Pick<PassOptions, 'dryRun' | 'fresh' | 'approveUpTo' | 'compare'>

/** What of an open feed a pass needs. */
export type PassingFeed = Pick<OpenFeed, 'runner' | 'previewDeletes'>

/** One pass on demand, by a command or for one. A dry run also looks at what would be deleted. */
export async function runPass(
  feed: PassingFeed,
  resource: Replicated,
  pass: PassKind,
  wishes: PassWishes,
  signal: AbortSignal,
  onBegin: () => void = () => undefined,
): Promise<PassReport> {
  const { dryRun } = wishes
  let preview: DeletePreview | null = null
  const examine: NonNullable<PassOptions['examine']> = async (candidates, looking) => {
    if (!isSubresource(resource)) preview = await feed.previewDeletes(resource, candidates, looking)
    return preview
  }
  const result = await feed.runner.run(
    resource,
    pass,
    { ...PLAIN_PASS, ...wishes, onBegin, onDemand: true, examine: dryRun ? examine : undefined },
    signal,
  )
  return reportOf(result, dryRun, preview)
}

/**
 * The same, and then the sets of its records' parts, which nobody else would read: a daemon keeps them by itself. After a
 * content reconcile all of them, else those that are owed.
 */
export async function runPassWithSets(
  feed: PassingFeed,
  resource: Replicated,
  pass: PassKind,
  options: PassWishes,
  signal: AbortSignal,
): Promise<PassReport> {
  const report = await runPass(feed, resource, pass, options, signal)
  if (options.dryRun || isSubresource(resource)) return report
  const sets: PassReport[] = []
  for (const set of resource.subresources) {
    const isFilled = feed.runner.feed.state.hasSnapshot(set.name)
    const isOfOwed = isFilled && report.purge?.compare !== 'content'
    sets.push(await runPass(feed, set, isOfOwed ? 'update' : 'snapshot', NO_WISHES, signal))
  }
  return { ...report, sets }
}

const NO_WISHES = { dryRun: false, fresh: false, approveUpTo: undefined, compare: undefined } as const
