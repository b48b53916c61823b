/** What `rebuild` says while it works: JSON lines for machines, a moving line on a terminal, else log lines. */
import yoctoSpinner from 'yocto-spinner'

import type { PlannedRound } from '../../consumer/rebuild/plan-round.ts'
import type { RebuildObserver } from '../../consumer/rebuild/rebuild-options.ts'
import type { OtherTransaction } from '../../consumer/rebuild/store.ts'
import { isWatched } from '../../ops/is-watched.ts'
import type { Logger } from '../../ops/logger.ts'
import { atMostEvery } from '../../support/at-most-every.ts'
import { printJson } from '../../support/print.ts'
import { printable } from '../../support/printable.ts'
import { grouped } from '../reports/phrases.ts'
import { progressText, waitingText } from './progress-bar.ts'
import { RoundMeter, type RoundProgress } from './round-meter.ts'

const JSON_EVERY_MS = 1_000
const LOG_EVERY_MS = 10_000
const BAR_EVERY_MS = 100
/** Also where nothing happens: what is read is made ready, somebody is waited for, or Kafka is silent. */
const TICK_MS = 1_000

/** Who is told of a round. */
interface Teller {
  /** Between two calls of the same. */
  readonly everyMs: number
  begun(planned: PlannedRound): void
  goesOn(planned: PlannedRound, progress: RoundProgress): void
  /** Everything is read. At once when it begins, and when those who are left change. */
  waits(planned: PlannedRound, waitingFor: readonly OtherTransaction[]): void
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
  return told(json ? jsonTeller() : logTeller(logger), failureLog(logger))
}

function failureLog(logger: Logger): Failed {
  return (err, retryInMs) => logger.warn({ err, retryInMs }, 'the rebuild failed and is tried again')
}

interface ToldRound {
  readonly planned: PlannedRound
  readonly meter: RoundMeter
  /** Undefined: for nobody. */
  waitingFor?: readonly OtherTransaction[]
}

function told(teller: Teller, failed: Failed): ToldRebuild {
  let current: ToldRound | undefined
  const goOn = atMostEvery(teller.everyMs, ({ planned, meter, waitingFor }: ToldRound) => {
    if (waitingFor === undefined) teller.goesOn(planned, meter.progress())
    else teller.waits(planned, waitingFor)
  })
  const ticking = setInterval(() => current && goOn(current), TICK_MS)
  const observer: RebuildObserver = {
    failed(error, retryInMs) {
      current = undefined
      failed(error, retryInMs)
    },
    roundBegun(planned) {
      current = { planned, meter: new RoundMeter(planned) }
      teller.begun(planned)
    },
    staged(_resource, { records }, reached) {
      if (current === undefined) return
      current.meter.advance(records, reached)
      goOn(current)
    },
    waiting(waitingFor) {
      if (current === undefined || isSame(current.waitingFor, waitingFor)) return
      current.waitingFor = waitingFor
      teller.waits(current.planned, waitingFor)
    },
    roundFinished(planned, lost) {
      if (current !== undefined) teller.finished(planned, current.meter.progress(), lost)
      current = undefined
    },
  }
  return { observer, [Symbol.dispose]: () => clearInterval(ticking) }
}

function isSame(one: readonly OtherTransaction[] | undefined, other: readonly OtherTransaction[]): boolean {
  return one?.length === other.length && one.every(({ pid }, i) => pid === other[i]?.pid)
}

function jsonTeller(): Teller {
  return {
    everyMs: JSON_EVERY_MS,
    begun: ({ round: { kind, feed }, resources, isResumed, reason }) =>
      printJson({
        event: 'round-begun',
        kind,
        reason,
        resumed: isResumed,
        generation: feed.generation,
        resources,
      }),
    goesOn: ({ round: { kind } }, progress) => printJson({ event: 'round-goes-on', kind, ...progress }),
    waits: ({ round: { kind } }, waitingFor) => printJson({ event: 'round-waits', kind, waitingFor }),
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
    everyMs: LOG_EVERY_MS,
    begun({ round: { kind }, resources, isResumed, reason }) {
      // Of rounds that follow each other within seconds only the end is news.
      if (kind === 'catch-up') return
      logger.info({ reason, resources }, isResumed ? 'the replay goes on' : 'a replay begins')
    },
    goesOn: ({ round: { kind } }, progress) => logger.info({ kind, ...progress }, 'the rebuild goes on'),
    waits: ({ round: { kind } }, waitingFor) =>
      logger.info({ kind, waitingFor }, 'all is read, and shown when transactions of others have ended'),
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
    everyMs: BAR_EVERY_MS,
    begun: (planned) => (spinner.text = title(planned)),
    goesOn: (planned, progress) => (spinner.text = `${title(planned)} ${progressText(progress)}`),
    waits: (planned, waitingFor) => (spinner.text = `${title(planned)}: ${waitingText(waitingFor)}`),
    finished(planned, { records, seconds }, lost) {
      for (const each of lost) logger.warn({ what: each }, 'this went with the table that was replaced')
      spinner.text = `${title(planned)}: ${grouped(records)} records in ${seconds} s`
    },
  }
  const { observer, [Symbol.dispose]: end } = told(teller, failureLog(logger))
  return {
    observer,
    [Symbol.dispose]() {
      end()
      spinner.stop()
    },
  }
}
