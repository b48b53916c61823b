import type { PassProgress } from '../../domain/pass.ts'
import type { ListedResource } from '../../domain/resource.ts'
import type { Feed } from '../feed.ts'
import { judgeDeletes, type GuardVerdict } from '../guard.ts'
import type { Findings } from '../missing-keys.ts'

/** What the guard says of a complete sweep (R10), whatever an operator has approved. */
export function judgeSweep(
  feed: Feed,
  { name }: ListedResource,
  walked: PassProgress,
  findings: Findings,
): GuardVerdict {
  if (walked.walked === 0 && findings.feed.live > 0) {
    return {
      kind: 'held',
      why: `the walk came back empty while ${findings.feed.live} records are known`,
    }
  }
  return judgeDeletes(feed.guard(name), findings.feed, findings.byMls)
}
