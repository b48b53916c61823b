import { orAborted } from '../../support/abort.ts'
import { ListingstreamError } from '../../support/errors.ts'
import { failed, wrong, type Finding } from './finding.ts'

/** Of one look; a client that waits for an outage to end would wait for ever. */
const LOOK_MS = 30_000

/** What a look finds. One that fails, or takes too long, is a finding, too. */
export async function look(
  check: string,
  work: (signal: AbortSignal) => Promise<readonly Finding[]>,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const late = AbortSignal.timeout(LOOK_MS)
  const within = AbortSignal.any([signal, late])
  try {
    return await orAborted(work(within), within)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof ListingstreamError) return [failed(check, error)]
    if (!late.aborted) throw error
    const what = `there was no answer within ${LOOK_MS / 1000} s`
    return [wrong(check, what, 'Look at what it asks, and at the network between.')]
  }
}
