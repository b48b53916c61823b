import type { Settings } from '../../config/settings.ts'

/** Of whoever opens a feed to write it. */
export const WRITER_GROUPS = [
  'spark',
  'kafka',
  'registry',
  'feed',
  'topics',
  'passes',
  'http',
  'tracing',
  'log',
] as const
export type WriterSettings = Pick<Settings, (typeof WRITER_GROUPS)[number]>

/** Of `run`. */
export const DAEMON_GROUPS = [...WRITER_GROUPS, 'lag', 'webhook', 'process'] as const
export type DaemonGroups = Pick<Settings, (typeof DAEMON_GROUPS)[number]>

/** Of whoever only reads its topics. */
export const READER_GROUPS = ['kafka', 'registry', 'feed', 'log'] as const
export type ReaderSettings = Pick<Settings, (typeof READER_GROUPS)[number]>
