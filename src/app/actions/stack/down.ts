/** `stack down`: stops what `stack up` started. */
import { stackDown } from '../../../stack/stack.ts'
import { tellProgress } from './progress.ts'

export async function stopStack(
  { deleteData = false }: { deleteData?: boolean },
  signal: AbortSignal,
): Promise<number> {
  await stackDown({ progress: tellProgress, deleteData }, signal)
  return 0
}
