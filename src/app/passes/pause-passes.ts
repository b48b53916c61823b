/** Pausing the passes of a feed by schedule, and having them go on. */
import { z } from 'zod'

import { instant, type Millis } from '../../domain/instant.ts'
import { stands, withoutPause, withPause, type Pause } from '../../domain/pause.ts'
import type { ResourceName } from '../../domain/resource.ts'
import { commitPauses } from '../../replication/commit-pauses.ts'
import { tellPause } from '../../ops/told-pause.ts'
import type { OpenFeed } from '../compose/open-feed.ts'
import { now } from '../compose/system-clock.ts'

const TIME = z.iso.datetime()
const ANSWER = z.object({
  /** Those that stand. `resource` null: the whole feed; `until` null: until it is ended. */
  paused: z.array(z.object({ resource: z.string().nullable(), since: TIME, until: TIME.nullable() })),
})
export type PauseAnswer = z.output<typeof ANSWER>

export function parsePauseAnswer(answer: unknown): PauseAnswer {
  return ANSWER.parse(answer)
}

export interface WantedPause {
  /** Null: the whole feed. */
  readonly resource: ResourceName | null
  /** Null: until it is ended. */
  readonly forMs: Millis | null
}

export async function pausePasses(
  { runner }: Pick<OpenFeed, 'runner'>,
  { resource, forMs }: WantedPause,
  signal: AbortSignal,
): Promise<PauseAnswer> {
  const since = now()
  const pause = { resource, since, until: forMs === null ? null : instant(since + forMs) }
  return told(await commitPauses(runner.feed, (all) => withPause(all, pause), signal))
}

/** @param resource null: whatever is paused */
export async function resumePasses(
  { runner }: Pick<OpenFeed, 'runner'>,
  resource: ResourceName | null,
  signal: AbortSignal,
): Promise<PauseAnswer> {
  return told(await commitPauses(runner.feed, (all) => withoutPause(all, resource, now()), signal))
}

function told(pauses: readonly Pause[]): PauseAnswer {
  return { paused: pauses.filter((pause) => stands(pause, now())).map(tellPause) }
}
