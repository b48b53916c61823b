import { sleep } from '../support/abort.ts'

/** Calls `tick` at a steady rate, with 0, 1, 2 …, until the signal aborts; then it resolves. */
export async function trickle(
  tick: (number: number) => void,
  ratePerMinute: number,
  signal: AbortSignal,
): Promise<void> {
  for (let number = 0; !signal.aborted; number += 1) {
    try {
      await sleep(60_000 / ratePerMinute, signal)
    } catch (error) {
      if (signal.aborted) return
      throw error
    }
    tick(number)
  }
}
