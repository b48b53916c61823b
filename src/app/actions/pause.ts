/** `pause` and `resume`: by the daemon that holds DATA_DIR if there is one, else by this process. */
import { loadSettings } from '../../config/load-settings.ts'
import type { Millis } from '../../domain/instant.ts'
import type { Replicated } from '../../domain/resource.ts'
import { askDaemon, DaemonUnreachableError } from '../../ops/daemon-client.ts'
import { printJson, printLine, printLines } from '../../support/print.ts'
import { requireChosen } from '../compose/chosen-resources.ts'
import type { OpenFeed } from '../compose/open-feed.ts'
import { WRITER_GROUPS } from '../compose/settings-groups.ts'
import { findDaemon, statedSettings } from '../daemon/handover.ts'
import { onOwnFeed, parsed, type FeedWishes } from '../passes/on-feed.ts'
import { parsePauseAnswer, pausePasses, resumePasses, type PauseAnswer } from '../passes/pause-passes.ts'
import { describePause } from '../reports/describe-pause.ts'

export interface ResumeOptions extends FeedWishes {
  /** @default all */
  readonly resource?: Replicated
  readonly json?: true
}

export interface PauseOptions extends ResumeOptions {
  /** @default until it is ended */
  readonly for?: Millis
}

export function pauseFeed(options: PauseOptions, signal: AbortSignal): Promise<number> {
  const { resource, for: forMs } = options
  const body = { resource: resource?.name, forMs }
  const wanted = { resource: resource?.name ?? null, forMs: forMs ?? null }
  return change(options, { path: '/pause', body, run: (feed) => pausePasses(feed, wanted, signal) }, signal)
}

export function resumeFeed(options: ResumeOptions, signal: AbortSignal): Promise<number> {
  const { resource } = options
  const body = { resource: resource?.name }
  const run = (feed: OpenFeed): Promise<PauseAnswer> => resumePasses(feed, resource?.name ?? null, signal)
  return change(options, { path: '/resume', body, run }, signal)
}

interface Change {
  readonly path: string
  readonly body: object
  readonly run: (feed: OpenFeed) => Promise<PauseAnswer>
}

async function change(
  { resource, json, ...wishes }: ResumeOptions,
  { path, body, run }: Change,
  signal: AbortSignal,
): Promise<number> {
  const settings = loadSettings(WRITER_GROUPS, { feed: wishes.feed })
  if (resource !== undefined) requireChosen(settings.feed, resource)
  const daemon = await findDaemon(settings.feed.dataDir, statedSettings(settings), signal)
  const ask = async (): Promise<unknown> => {
    if (daemon === undefined) return undefined
    try {
      const { adminToken } = settings.http
      return await askDaemon(daemon, { method: 'POST', path, body, adminToken }, signal)
    } catch (error) {
      if (error instanceof DaemonUnreachableError) return undefined
      throw error
    }
  }
  const there = await ask()
  const title = `${settings.feed.topicPrefix}: ${path.slice(1)}`
  const answer =
    there === undefined
      ? await onOwnFeed(settings, wishes, { title, run }, signal)
      : parsed({ parse: parsePauseAnswer }, there)
  if (json === true) printJson(answer)
  else if (answer.paused.length === 0) printLine('nothing is paused: passes run by schedule')
  else printLines(answer.paused.map((pause) => `paused: ${describePause(pause, Date.now())}`))
  return 0
}
