/** The pass that also asks the source for the keys of dead letters again (R12). */
import { z } from 'zod'

import type { PassKind } from '../../domain/pass.ts'
import type { ListedResource } from '../../domain/resource.ts'
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

export async function retryLetters(
  feed: OpenFeed,
  resource: ListedResource,
  pass: RetryingPass,
  selection: LetterSelection,
  signal: AbortSignal,
  onBegin: () => void = () => undefined,
): Promise<RetryReport> {
  const letters = await feed.openLetters(resource, signal)
  const waiting = new Map(letters.map((letter) => [letter.name, letter]))
  const names = selection === 'all' ? [...waiting.keys()] : [...new Set(selection)]
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
