import { loadSettings } from '../../config/load-settings.ts'
import type { PassKind } from '../../domain/pass.ts'
import { WRITER_GROUPS } from '../compose/settings-groups.ts'
import type { OnePassOptions } from './pass-on-feed.ts'

/** Runs one pass and answers the exit code. Handed to the daemon if one holds DATA_DIR. */
export async function runOnePass(
  pass: PassKind,
  options: OnePassOptions,
  signal: AbortSignal,
): Promise<number> {
  // Before a client is loaded: what is wrong with them is told at once.
  const settings = loadSettings(WRITER_GROUPS, { feed: options.feed })
  const { passOnFeed } = await import('./pass-on-feed.ts')
  return await passOnFeed(settings, pass, options, signal)
}
