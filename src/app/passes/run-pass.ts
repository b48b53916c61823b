import type { PassKind } from '../../domain/pass.ts'
import type { ListedResource } from '../../domain/resource.ts'
import { PLAIN_PASS, type PassOptions } from '../../replication/feed-runner.ts'
import type { DeletePreview } from './delete-preview.ts'
import type { OpenFeed } from '../compose/open-feed.ts'
import { reportOf, type PassReport } from './pass-report.ts'

/** One pass on demand, by a command or for one. A dry run also looks at what would be deleted. */
export async function runPass(
  feed: OpenFeed,
  resource: ListedResource,
  pass: PassKind,
  { dryRun, approveUpTo }: Pick<PassOptions, 'dryRun' | 'approveUpTo'>,
  signal: AbortSignal,
  onBegin: () => void = () => undefined,
): Promise<PassReport> {
  let preview: DeletePreview | null = null
  const examine: NonNullable<PassOptions['examine']> = async (candidates, looking) => {
    preview = await feed.previewDeletes(resource, candidates, looking)
    return preview
  }
  const result = await feed.runner.run(
    resource,
    pass,
    { ...PLAIN_PASS, dryRun, approveUpTo, onBegin, examine: dryRun ? examine : undefined },
    signal,
  )
  return reportOf(result, dryRun, preview)
}
