import type { Behaviour } from '../behaviour.ts'
import { ApiFailure } from './envelope.ts'
import type { Listable } from './listable.ts'

/**
 * What stands before each row that is to be shown whole: the API stumbles over those that changed in certain seconds
 * (docs/spark-api.md §3.3). Undefined: over none.
 */
export function stumblingBlock<Row>(
  source: Pick<Listable<Row>, 'resolve'>,
  { brokenSeconds }: Pick<Behaviour, 'brokenSeconds'>,
): ((row: Row) => void) | undefined {
  const stamp = source.resolve('ModificationTimestamp')
  if (brokenSeconds.length === 0 || typeof stamp === 'string') return undefined
  const broken = new Set(brokenSeconds.map((second) => Date.parse(second) / 1000))
  return (row) => {
    const seconds = stamp.seconds(row)
    if (seconds !== null && broken.has(seconds)) {
      throw new ApiFailure(500, 1026, 'The API encountered unexpected data')
    }
  }
}
