/** The pass that also asks the source for the keys of dead letters again (R12). */
import { z } from 'zod'

import type { PassKind } from '../../domain/pass.ts'
import type { ListedResource } from '../../domain/resource.ts'
import { ListingstreamError } from '../../support/errors.ts'
import { quoteForeign } from '../../support/secrets.ts'
import type { OpenFeed } from '../compose/open-feed.ts'
import { parsePassReport, reportOf, type PassReport } from './pass-report.ts'
import { PLAIN_PASS } from '../../replication/feed-runner.ts'

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
export type RetriedLetter = z.output<typeof RETRIED_LETTER>

export interface RetryReport extends PassReport {
  readonly letters: readonly RetriedLetter[]
}

type RetryingPass = Extract<PassKind, 'snapshot' | 'update'>

/** An update, or the full walk that takes its place. */
export function retryingPass({ stamp }: ListedResource): RetryingPass {
  return stamp === null ? 'snapshot' : 'update'
}

const MOST_NAMED = 10

class NoLetterError extends ListingstreamError {
  constructor({ name }: ListedResource, keys: readonly string[]) {
    const more = keys.length > MOST_NAMED ? ` and ${keys.length - MOST_NAMED} more` : ''
    const named = quoteForeign(keys.slice(0, MOST_NAMED).join(', '))
    super(
      `No dead letter of ${name} that waits is of ${named}${more}: nothing is asked for again. "listingstream dead-letters list" shows those that wait.`,
      { code: 'NO_DEAD_LETTER', retryable: false, disposition: 'stop' },
    )
  }
}

/** @throws {NoLetterError} if none of the keys that are named has a letter that waits: no pass is begun for that */
export async function retryLetters(
  feed: Pick<OpenFeed, 'openLetters' | 'runner'>,
  resource: ListedResource,
  pass: RetryingPass,
  selection: LetterSelection,
  signal: AbortSignal,
  onBegin: () => void = () => undefined,
): Promise<RetryReport> {
  const letters = await feed.openLetters(resource, signal)
  const waiting = new Map(letters.map((letter) => [letter.name, letter]))
  const names = selection === 'all' ? [...waiting.keys()] : [...new Set(selection)]
  if (selection !== 'all' && !names.some((name) => waiting.has(name)))
    throw new NoLetterError(resource, names)
  const keys = names.map((name) => waiting.get(name)?.key ?? null).filter((key) => key !== null)
  const options = { ...PLAIN_PASS, retry: keys, onBegin }
  const result = await feed.runner.run(resource, pass, options, signal)
  const fates = names.map((name): RetriedLetter => {
    const letter = waiting.get(name)
    if (letter === undefined) return { key: name, fate: 'none', reason: null }
    const fate = letter.key === null ? 'keyless' : (result.letters?.get(letter.key) ?? 'remains')
    return { key: name, fate, reason: letter.reason }
  })
  return { ...reportOf(result, false), letters: fates }
}

export function parseRetryReport(answer: unknown): RetryReport {
  const { letters } = z.object({ letters: z.array(RETRIED_LETTER) }).parse(answer)
  return { ...parsePassReport(answer), letters }
}
