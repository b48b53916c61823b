/** `dead-letters retry`: an update that also asks the source for the keys of dead letters again (R12). */
import { z } from 'zod'

import { LISTINGS } from '../../resources/listings.ts'
import { printLines } from '../../support/print.ts'
import { onFeed, type FeedWishes } from '../passes/on-feed.ts'
import type { OpenFeed } from '../compose/open-feed.ts'
import { describeReport, parsePassReport, reportOf, type PassReport } from '../passes/pass-report.ts'

/** All letters that wait, or those of these keys. */
export type LetterSelection = 'all' | readonly string[]

const RETRIED_LETTER = z.object({
  key: z.string(),
  /**
   * `not_shown`: the source does not show the key; `keyless`: the record has no key to ask for; `none`: no letter of this
   * key waits.
   */
  fate: z.enum(['settled', 'remains', 'not_shown', 'keyless', 'none']),
  /** Why it became a letter; null if there is none. */
  reason: z.string().nullable(),
})
type RetriedLetter = z.output<typeof RETRIED_LETTER>

export interface RetryReport extends PassReport {
  readonly letters: readonly RetriedLetter[]
}

/** Prints what became of each letter; the exit code is 0 if none of them waits any longer, otherwise 1. */
export async function retryDeadLetters(
  selection: LetterSelection,
  wishes: FeedWishes,
  signal: AbortSignal,
): Promise<number> {
  const report = await onFeed(
    wishes,
    {
      pass: 'update',
      body: { deadLetters: selection },
      parse: parseRetryReport,
      run: (feed) => retryLetters(feed, selection, signal),
    },
    signal,
  )
  const { letters } = report
  const waiting = letters.filter(({ fate }) => fate !== 'settled' && fate !== 'none')
  const settled = letters.filter(({ fate }) => fate === 'settled')
  const lines = [
    ...letters.map(describeLetter),
    ...describeReport(report),
    `dead letters: ${settled.length} settled, ${waiting.length} still waiting`,
  ]
  printLines(lines)
  return waiting.length === 0 ? 0 : 1
}

export async function retryLetters(
  feed: OpenFeed,
  selection: LetterSelection,
  signal: AbortSignal,
  onBegin: () => void = () => undefined,
): Promise<RetryReport> {
  const waiting = new Map((await feed.openLetters(signal)).map((letter) => [letter.name, letter]))
  const names = selection === 'all' ? [...waiting.keys()] : [...new Set(selection)]
  const keys = names.map((name) => waiting.get(name)?.key ?? null).filter((key) => key !== null)
  const result = await feed.runner.run(LISTINGS, 'update', { dryRun: false, retry: keys, onBegin }, signal)
  const letters = names.map((name): RetriedLetter => {
    const letter = waiting.get(name)
    if (letter === undefined) return { key: name, fate: 'none', reason: null }
    const fate = letter.key === null ? 'keyless' : (result.letters?.get(letter.key) ?? 'remains')
    return { key: name, fate, reason: letter.reason }
  })
  return { ...reportOf(result, false), letters }
}

function parseRetryReport(answer: unknown): RetryReport {
  const { letters } = z.object({ letters: z.array(RETRIED_LETTER) }).parse(answer)
  return { ...parsePassReport(answer), letters }
}

function describeLetter({ key, fate, reason }: RetriedLetter): string {
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
      return `${key} has no dead letter that waits`
  }
}
