import type { Column } from './findings.ts'

/** Ways to break the program on purpose, each with the column that has to show it. */
export const SABOTAGE = {
  'drops a change': 'lost',
  'publishes twice': 'duplicated',
  'publishes an old state again': 'out of order',
  'commits half a transaction': 'torn transaction',
  'deletes what is there': 'false delete',
  'drops deletes': 'missing delete',
  "publishes another listing's set": 'wrong set',
  'leaves the sets of deleted listings': 'orphaned set',
  'publishes what is no change': 'duplicated',
  'does not mark deletes': 'wrong header',
  'drops rows': 'wrong row',
  'files what it could publish as a dead letter': 'dead letter',
  'believes a clock that is an hour ahead': 'checkpoint regression',
  'misplaces keys in the index': 'index differs',
  'certifies what it does not have': 'wrong certificate',
  'completes a sweep without certificates': 'wrong certificate',
  'lets all deletes go': 'unapproved',
  'publishes what is masked': 'unapproved',
  'forgets what it holds': 'unsettled',
  'drops what a content reconcile finds': 'lost',
} as const satisfies Readonly<Record<string, Column>>
export type Sabotage = keyof typeof SABOTAGE
