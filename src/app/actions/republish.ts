/** `republish`: new events of records that have not changed. */
import { readFile } from 'node:fs/promises'

import { loadSettings } from '../../config/load-settings.ts'
import { parseRecordKey, type RecordKey } from '../../domain/record-key.ts'
import type { Replicated } from '../../domain/resource.ts'
import { MOST_KEYS } from '../../ops/pass-routes.ts'
import type { RepublishSelection } from '../../replication/republish.ts'
import { errorCode } from '../../support/error-code.ts'
import { ListingstreamError } from '../../support/errors.ts'
import { printJson, printLines } from '../../support/print.ts'
import { WRITER_GROUPS } from '../compose/settings-groups.ts'
import { onFeed, type FeedWishes } from '../passes/on-feed.ts'
import { parseRepublishReport, republish } from '../passes/republish.ts'
import { describeRepublish, republishExitCode } from '../reports/describe-republish.ts'

export interface RepublishOptions extends FeedWishes {
  readonly resource: Replicated
  readonly keys?: readonly RecordKey[]
  readonly keysFile?: string
  readonly all?: true
  readonly json?: true
}

/** The exit code is 0 if each key that was named has its event, and of everything if nothing failed; otherwise 1. */
export async function republishRecords(
  { resource, keys = [], keysFile, all, json, ...wishes }: RepublishOptions,
  signal: AbortSignal,
): Promise<number> {
  const settings = loadSettings(WRITER_GROUPS, { feed: wishes.feed })
  const ofFile = keysFile === undefined ? [] : await keysIn(keysFile)
  const selection = all === true ? 'all' : distinct([...keys, ...ofFile])
  const report = await onFeed(
    settings,
    wishes,
    {
      resource,
      pass: 'republish',
      body: selection === 'all' ? { all: true } : { keys: selection },
      parse: parseRepublishReport,
      run: (feed, chosen) => republish(feed, chosen, selection, signal),
    },
    signal,
  )
  if (json === true) printJson(report)
  else printLines(describeRepublish(report))
  return republishExitCode(report)
}

/** @throws {ListingstreamError} */
function distinct(keys: readonly RecordKey[]): RepublishSelection {
  const selection = [...new Set(keys)]
  if (selection.length === 0) throw unusable('No key is named.')
  if (selection.length <= MOST_KEYS) return selection
  throw unusable(`${selection.length} keys are too many for one pass: ${MOST_KEYS} at most, or --all.`)
}

/** One a line; empty lines count for nothing. @throws {ListingstreamError} */
async function keysIn(file: string): Promise<readonly RecordKey[]> {
  const lines = (await textOf(file)).split('\n').map((line) => line.trim())
  return lines.flatMap((line, i) => {
    if (line === '') return []
    const key = parseRecordKey(line)
    if (key === undefined) throw unusable(`Line ${i + 1} of ${file} is no key of a record.`)
    return [key]
  })
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw unusable(`${file} cannot be read (${errorCode(cause) ?? 'unknown reason'}).`, cause)
  }
}

function unusable(what: string, cause?: unknown): ListingstreamError {
  return new ListingstreamError(`${what} Name keys with --keys, or one a line with --keys-file.`, {
    code: 'KEYS_UNUSABLE',
    retryable: false,
    disposition: 'stop',
    exitCode: 2,
    cause,
  })
}
