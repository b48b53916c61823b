import type { PassProgress } from '../../domain/pass.ts'
import type { RecordKey } from '../../domain/record-key.ts'
import type { Feed } from '../feed.ts'
import { withReread } from '../progress.ts'
import type { Reread } from './reread.ts'

/**
 * Writes down what a page's transaction withholds (R10), before it is committed. Answers the pass with what the guard counts: a
 * key that two pages show counts once.
 */
export async function fileWithheld(
  { index }: Pick<Feed, 'index'>,
  progress: PassProgress,
  { known, masked, changed }: Reread,
): Promise<PassProgress> {
  const { passId, page } = progress
  const file = async (set: 'masked' | 'changed', keys: readonly RecordKey[]): Promise<number> => {
    const marks = keys.map((key): readonly [RecordKey, string] => [key, ''])
    return (await index.ledger.add(passId, set, page, marks)).filter(Boolean).length
  }
  const counts = { masked: await file('masked', masked), changed: await file('changed', changed) }
  return withReread(progress, { known, ...counts })
}
