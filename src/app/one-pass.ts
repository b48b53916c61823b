import { loadSettings } from '../config/load-settings.ts'
import type { Settings } from '../config/settings.ts'
import type { PassKind } from '../listing/pass.ts'
import { LISTINGS } from '../listing/resource.ts'
import { askDaemon } from '../ops/daemon-client.ts'
import { readDaemonFile, type DaemonInfo } from '../ops/daemon-file.ts'
import { ListingstreamError } from '../support/errors.ts'
import { openFeed } from './open-feed.ts'
import { describeReport, exitCodeOf, parsePassReport, reportOf, type PassReport } from './pass-report.ts'
import { surroundings } from './surroundings.ts'

export interface OnePassOptions {
  readonly restart?: true
  readonly dryRun?: true
  readonly takeOver?: true
  readonly acceptSource?: true
}

const GROUPS = ['spark', 'kafka', 'registry', 'feed', 'topics', 'passes', 'http', 'log'] as const

/** Runs one pass and answers the exit code. Handed to the daemon if one holds DATA_DIR. */
export async function runOnePass(
  pass: PassKind,
  options: OnePassOptions,
  signal: AbortSignal,
): Promise<number> {
  const settings = loadSettings(GROUPS)
  const daemon = await readDaemonFile(settings.feed.dataDir)
  const report =
    (daemon === undefined ? undefined : await runThere(daemon, pass, options, settings, signal)) ??
    (await runHere(pass, options, settings, signal))
  process.stdout.write(`${describeReport(report)}\n`)
  return exitCodeOf(report)
}

async function runHere(
  pass: PassKind,
  options: OnePassOptions,
  settings: Pick<Settings, (typeof GROUPS)[number]>,
  signal: AbortSignal,
): Promise<PassReport> {
  const { logger, metrics, observer } = surroundings(settings)
  const dryRun = options.dryRun ?? false
  await using feed = await openFeed(
    {
      settings,
      wishes: { anyOwner: options.takeOver ?? false, acceptSource: options.acceptSource ?? false },
      restart: options.restart ?? false,
      patient: false,
      logger,
      metrics,
      observer,
    },
    signal,
  )
  return reportOf(await feed.runner.run(LISTINGS, pass, { dryRun }, signal), dryRun)
}

/** Undefined if nobody is there: a daemon that was killed leaves its file, and another process may have its pid. */
async function runThere(
  daemon: DaemonInfo,
  pass: PassKind,
  { dryRun = false, restart = false }: { readonly dryRun?: boolean; readonly restart?: boolean },
  { http }: Pick<Settings, 'http'>,
  signal: AbortSignal,
): Promise<PassReport | undefined> {
  const question = {
    method: 'POST' as const,
    path: `/passes/${pass}`,
    body: { dryRun, restart },
    adminToken: http.adminToken,
  }
  try {
    return parsePassReport(await askDaemon(daemon, question, signal))
  } catch (error) {
    if (error instanceof ListingstreamError && error.code === 'DAEMON_UNREACHABLE') return undefined
    throw error
  }
}
