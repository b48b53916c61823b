/** The API: whose token it is, what it may read, and what time it has there. */
import type { Settings } from '../../config/settings.ts'
import type { Instant, Millis } from '../../domain/instant.ts'
import type { SourceIdentity } from '../../domain/pass.ts'
import type { ListedResource, ResourceName } from '../../domain/resource.ts'
import type { Source } from '../../replication/ports.ts'
import { ServerClock } from '../../replication/server-clock.ts'
import { CLOCK_TOLERANCE_MS } from '../../replication/walk.ts'
import { everythingOf } from '../../replication/window.ts'
import { lookingSource } from '../compose/looking-source.ts'
import { span } from '../reports/phrases.ts'
import { failed, ok, warning, wrong, type Finding } from './finding.ts'
import { look } from './look.ts'

/** A doctor does not wait for an outage to end. */
const RETRY = { attempts: 2, baseMs: 500, capMs: 1_000 }

export interface SourceFindings {
  readonly findings: readonly Finding[]
  /** Undefined if nobody said. */
  readonly identity: SourceIdentity | undefined
  /** Records of each resource, as far as the source counted them. */
  readonly counts: ReadonlyMap<ResourceName, number>
}

interface Sign {
  readonly date: Instant
  readonly at: Instant
}

/** @param overlap `UPDATE_OVERLAP` */
export async function checkSource(
  settings: Pick<Settings, 'spark' | 'log'>,
  resources: readonly ListedResource[],
  overlap: Millis,
  signal: AbortSignal,
): Promise<SourceFindings> {
  const signs: Sign[] = []
  const onDate = (date: Instant, at: Instant): void => void signs.push({ date, at })
  await using looking = lookingSource(settings, { retry: RETRY, onDate })
  const { source } = looking
  let identity: SourceIdentity | undefined
  const token = await look(
    'token',
    async (within) => {
      identity = await source.identify('question', within)
      const { host, userId, mlsId } = identity
      return [ok('token', `the token is that of user ${userId} of MLS ${mlsId} at ${host}`)]
    },
    signal,
  )
  const counts = new Map<ResourceName, number>()
  const reading: Finding[] = []
  for (const resource of identity === undefined ? [] : resources) {
    const asked = (within: AbortSignal) => checkResource(source, resource, counts, within)
    reading.push(...(await look('role', asked, signal)))
  }
  return { findings: [...token, ...reading, ...judgeClock(signs, overlap)], identity, counts }
}

/** With the largest page that passes ask for, of keys alone. */
async function checkResource(
  source: Source,
  resource: ListedResource,
  counts: Map<ResourceName, number>,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { name } = resource
  const filter = everythingOf(resource)
  try {
    const count = await source.count(resource, filter, 'question', signal)
    const walk = { resource, filter, select: 'keys', purpose: 'question', token: '' } as const
    for await (const page of source.walk(walk, signal)) {
      if (count === undefined) {
        const what = `the source does not count ${name}: whether a walk of them was complete is seen by its end alone`
        return [warning('role', what, 'Ask the vendor for the right to _pagination=count.')]
      }
      counts.set(name, count)
      return [ok('role', `${name} can be read: ${count} of them, ${page.records.length} on the first page`)]
    }
    return []
  } catch (error) {
    const { check, what, ...finding } = failed('role', error)
    return [{ check, what: `${name}: ${what}`, ...finding }]
  }
}

/** As each pass does (R4). Undefined without an answer: then there is nothing to say of its clock. */
export function judgeClock(signs: readonly Sign[], overlap: Millis): readonly Finding[] {
  const last = signs.at(-1)
  if (last === undefined) return []
  const clock = new ServerClock(overlap)
  for (const { date, at } of signs) clock.note(date, at)
  const ahead = clock.ahead(last.at)
  const remedy = 'Set the clock of this host by NTP; if it is right, tell the vendor.'
  const words = `${span(Math.abs(ahead))} ${ahead > 0 ? 'behind' : 'ahead of'} the source's`
  const what = `the clock of this host is ${words}`
  if (Math.abs(ahead) > CLOCK_TOLERANCE_MS) return [wrong('clock', `${what}: every pass fails`, remedy)]
  // The Date has whole seconds, and came some time after it was written.
  if (Math.abs(ahead) > Math.max(clock.tolerance, 2_000)) {
    return [warning('clock', `${what}: a watermark is held back by that`, remedy)]
  }
  return [ok('clock', 'the clock of this host agrees with that of the source')]
}
