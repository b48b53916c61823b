/** `dead-letters retry`: an update that also asks the source for the keys of dead letters again (R12). */
import { loadSettings } from '../../../config/load-settings.ts'
import { isSubresource, type ListedResource } from '../../../domain/resource.ts'
import { InvariantViolation } from '../../../support/errors.ts'
import { printLines } from '../../../support/print.ts'
import { WRITER_GROUPS } from '../../compose/settings-groups.ts'
import { onFeed, type FeedWishes } from '../../passes/on-feed.ts'
import {
  parseRetryReport,
  retryingPass,
  retryLetters,
  type LetterSelection,
  type RetriedLetter,
} from '../../passes/retry-letters.ts'
import { describeReport } from '../../passes/pass-report.ts'

/** Prints what became of each letter; the exit code is 0 if none of them waits any longer, otherwise 1. */
export async function retryDeadLetters(
  resource: ListedResource,
  selection: LetterSelection,
  wishes: FeedWishes,
  signal: AbortSignal,
): Promise<number> {
  const pass = retryingPass(resource)
  const report = await onFeed(
    loadSettings(WRITER_GROUPS, { feed: wishes.feed }),
    wishes,
    {
      resource,
      pass,
      ofLists: true,
      body: { deadLetters: selection },
      parse: parseRetryReport,
      run(feed, chosen) {
        if (isSubresource(chosen)) throw new InvariantViolation(`${chosen.name} is no list.`)
        return retryLetters(feed, chosen, pass, selection, signal)
      },
    },
    signal,
  )
  const { letters } = report
  const waiting = letters.filter(({ fate }) => fate !== 'settled' && fate !== 'none')
  const settled = letters.filter(({ fate }) => fate === 'settled')
  const lines = [
    ...letters.map((letter) => describeLetter(letter, resource)),
    ...describeReport(report),
    `dead letters of ${resource.name}: ${settled.length} settled, ${waiting.length} still waiting`,
  ]
  printLines(lines)
  return waiting.length === 0 ? 0 : 1
}

function describeLetter({ key, fate, reason }: RetriedLetter, resource: ListedResource): string {
  switch (fate) {
    case 'settled':
      return `${key} settled: the topic says what the source says`
    case 'remains':
      return `${key} still cannot be published: ${reason}`
    case 'not_shown':
      return `${key} is not shown by the source: whether it is deleted is for "purge" to prove`
    case 'keyless':
      return `${key} has no key to ask for: ${reason}`
    case 'none':
      return `${key} has no dead letter of ${resource.name} that waits`
  }
}
