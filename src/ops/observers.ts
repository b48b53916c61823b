import type { Parking } from '../replication/persist.ts'
import type { Observer } from '../replication/ports.ts'

export const SILENT_OBSERVER: Observer = {
  pageCommitted: () => undefined,
  pageWalked: () => undefined,
  dryRunEnded: () => undefined,
  passStarted: () => undefined,
  passEnded: () => undefined,
  sweepJudged: () => undefined,
  passRecovered: () => undefined,
  watermarkMoved: () => undefined,
  pausesChanged: () => undefined,
  changesArrived: () => undefined,
  overlapReviewed: () => undefined,
  reconcilePutOff: () => undefined,
  clockCompared: () => undefined,
  schemaRefused: () => undefined,
  setsOwed: () => undefined,
  setsRefused: () => undefined,
}

/** One observer that tells all of them, in their order. */
export function observers(...list: readonly Observer[]): Observer {
  return {
    pageCommitted(...event) {
      for (const observer of list) observer.pageCommitted(...event)
    },
    passStarted(...event) {
      for (const observer of list) observer.passStarted(...event)
    },
    passEnded(...event) {
      for (const observer of list) observer.passEnded(...event)
    },
    sweepJudged(...event) {
      for (const observer of list) observer.sweepJudged(...event)
    },
    pageWalked(...event) {
      for (const observer of list) observer.pageWalked(...event)
    },
    dryRunEnded(...event) {
      for (const observer of list) observer.dryRunEnded(...event)
    },
    watermarkMoved(...event) {
      for (const observer of list) observer.watermarkMoved(...event)
    },
    pausesChanged(...event) {
      for (const observer of list) observer.pausesChanged(...event)
    },
    changesArrived(...event) {
      for (const observer of list) observer.changesArrived(...event)
    },
    overlapReviewed(...event) {
      for (const observer of list) observer.overlapReviewed(...event)
    },
    reconcilePutOff(...event) {
      for (const observer of list) observer.reconcilePutOff(...event)
    },
    clockCompared(...event) {
      for (const observer of list) observer.clockCompared(...event)
    },
    passRecovered(...event) {
      for (const observer of list) observer.passRecovered(...event)
    },
    schemaRefused(...event) {
      for (const observer of list) observer.schemaRefused(...event)
    },
    setsOwed(...event) {
      for (const observer of list) observer.setsOwed(...event)
    },
    setsRefused(...event) {
      for (const observer of list) observer.setsRefused(...event)
    },
  }
}

/** The same of standstills. */
export function parkings(...list: readonly Parking[]): Parking {
  return {
    parked(...event) {
      for (const parking of list) parking.parked(...event)
    },
    resumed(...event) {
      for (const parking of list) parking.resumed(...event)
    },
    scheduleBegun() {
      for (const parking of list) parking.scheduleBegun()
    },
  }
}
