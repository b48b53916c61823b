/** `pause` and `resume`: by the daemon that holds DATA_DIR if there is one, else by this process. */
import { loadSettings } from '../../config/load-settings.ts'
import type { Millis } from '../../domain/instant.ts'
import type { Replicated } from '../../domain/resource.ts'
import { printJson, printLine, printLines } from '../../support/print.ts'
import { requireChosen } from '../compose/chosen-resources.ts'
import type { OpenFeed } from '../compose/open-feed.ts'
import { WRITER_GROUPS } from '../compose/settings-groups.ts'
import { findDaemon, statedSettings } from '../daemon/handover.ts'
import { askIfThere, onOwnFeed, parsed, type FeedWishes } from '../passes/on-feed.ts'
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
  const there = daemon === undefined ? undefined : await askIfThere(daemon, { path, body }, settings, signal)
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
