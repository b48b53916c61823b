import type { Known } from './feed-status.ts'

/** Letters may be many and large; a status is not worth waiting for them. */
const LETTERS_WITHIN_MS = 10_000

/** @param count rejects with its signal's reason if that aborts */
export async function waitingLetters(
  count: (signal: AbortSignal) => Promise<number>,
  signal: AbortSignal,
): Promise<Known> {
  const late = AbortSignal.timeout(LETTERS_WITHIN_MS)
  try {
    return { count: await count(AbortSignal.any([signal, late])), why: null }
  } catch (error) {
    signal.throwIfAborted()
    if (!late.aborted) throw error
    return { count: null, why: `the topic was not read within ${LETTERS_WITHIN_MS / 1000} s` }
  }
}
