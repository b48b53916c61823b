/** What `rebuild` says while it works: JSON lines for machines, a moving line on a terminal, else log lines. */
import yoctoSpinner from 'yocto-spinner'

import type { PlannedRound } from '../../consumer/rebuild/plan-round.ts'
import type { RebuildObserver } from '../../consumer/rebuild/rebuild-options.ts'
import { isWatched } from '../../ops/is-watched.ts'
import type { Logger } from '../../ops/logger.ts'
import { atMostEvery } from '../../support/at-most-every.ts'
import { printJson } from '../../support/print.ts'
import { printable } from '../../support/printable.ts'
import { grouped } from '../reports/phrases.ts'
import { progressText } from './progress-bar.ts'
import { RoundMeter, type RoundProgress } from './round-meter.ts'

const JSON_EVERY_MS = 1_000
const LOG_EVERY_MS = 10_000
const BAR_EVERY_MS = 100

/** Who is told of a round. */
interface Teller {
  begun(planned: PlannedRound): void
  /** Often. */
  goesOn(planned: PlannedRound, progress: RoundProgress): void
  finished(planned: PlannedRound, progress: RoundProgress, lost: readonly string[]): void
}

type Failed = RebuildObserver['failed']

export interface ToldRebuild extends Disposable {
  readonly observer: RebuildObserver
}

/** @param feed its prefix */
export function tellRebuild(
  { json, logger, feed }: { readonly json: boolean; readonly logger: Logger; readonly feed: string },
  stream: NodeJS.WriteStream = process.stderr,
): ToldRebuild {
  if (!json && isWatched(stream)) return barTeller(feed, logger, stream)
  const observer = observerOf(json ? jsonTeller() : logTeller(logger), failureLog(logger))
  return { observer, [Symbol.dispose]: () => undefined }
}

function failureLog(logger: Logger): Failed {
  return (err, retryInMs) => logger.warn({ err, retryInMs }, 'the rebuild failed and is tried again')
}

function observerOf(teller: Teller, failed: Failed): RebuildObserver {
  let current: { readonly planned: PlannedRound; readonly meter: RoundMeter } | undefined
  return {
    failed,
    roundBegun(planned) {
      current = { planned, meter: new RoundMeter(planned) }
      teller.begun(planned)
    },
    staged(_resource, { records }, reached) {
      if (current === undefined) return
      current.meter.advance(records, reached)
      teller.goesOn(current.planned, current.meter.progress())
    },
    roundFinished(planned, lost) {
      if (current !== undefined) teller.finished(planned, current.meter.progress(), lost)
    },
  }
}

function jsonTeller(): Teller {
  return {
    begun: ({ round: { kind, feed }, resources, isResumed, reason }) =>
      printJson({
        event: 'round-begun',
        kind,
        reason,
        resumed: isResumed,
        generation: feed.generation,
        resources,
      }),
    goesOn: atMostEvery(JSON_EVERY_MS, ({ round: { kind } }: PlannedRound, progress: RoundProgress) =>
      printJson({ event: 'round-goes-on', kind, ...progress }),
    ),
    finished: ({ round: { kind, ends } }, progress, lost) =>
      printJson({
        event: 'round-finished',
        kind,
        ...progress,
        done: progress.total,
        percent: 100,
        offsets: ends,
        lost,
      }),
  }
}

function logTeller(logger: Logger): Teller {
  return {
    begun({ round: { kind }, resources, isResumed, reason }) {
      // Of rounds that follow each other within seconds only the end is news.
      if (kind === 'catch-up') return
      logger.info({ reason, resources }, isResumed ? 'the replay goes on' : 'a replay begins')
    },
    goesOn: atMostEvery(LOG_EVERY_MS, ({ round: { kind } }: PlannedRound, progress: RoundProgress) =>
      logger.info({ kind, ...progress }, 'the rebuild goes on'),
    ),
    finished({ round: { kind } }, { records, seconds }, lost) {
      for (const each of lost) logger.warn({ what: each }, 'this went with the table that was replaced')
      if (records > 0 || kind === 'replay') logger.info({ kind, records, seconds }, 'the store is up to date')
    },
  }
}

function barTeller(feed: string, logger: Logger, stream: NodeJS.WriteStream): ToldRebuild {
  // Signals are the program's to handle.
  const spinner = yoctoSpinner({
    text: `Reading the topics of ${printable(feed)}`,
    stream,
    handleSignals: false,
  })
  spinner.start()
  const title = ({ round: { kind }, isResumed }: PlannedRound): string =>
    kind === 'catch-up'
      ? 'Catching up'
      : `${isResumed ? 'Going on with the replay' : 'Replaying'} of ${printable(feed)}`
  const teller: Teller = {
    begun: (planned) => (spinner.text = title(planned)),
    goesOn: atMostEvery(BAR_EVERY_MS, (planned: PlannedRound, progress: RoundProgress) => {
      spinner.text = `${title(planned)} ${progressText(progress)}`
    }),
    finished(planned, { records, seconds }, lost) {
      for (const each of lost) logger.warn({ what: each }, 'this went with the table that was replaced')
      spinner.text = `${title(planned)}: ${grouped(records)} records in ${seconds} s`
    },
  }
  return { observer: observerOf(teller, failureLog(logger)), [Symbol.dispose]: () => void spinner.stop() }
}
