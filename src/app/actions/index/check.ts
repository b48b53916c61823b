/** `index check`: the key index compared with the topics. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import { loadSettings, type FeedChoice } from '../../../config/load-settings.ts'
import type { IndexEntry } from '../../../domain/index-entry.ts'
import { openKeyIndex } from '../../../key-index/open-key-index.ts'
import { compareKeys, type ComparedKey } from '../../../recovery/index-check.ts'
import { misfitOf } from '../../../recovery/index-recovery.ts'
import { printLine } from '../../../support/print.ts'
import { publishedResources } from '../../compose/chosen-resources.ts'
import { READER_GROUPS } from '../../compose/settings-groups.ts'
import { now } from '../../compose/system-clock.ts'
import { openTopics, rebuildFrom } from './topics.ts'

/** In DATA_DIR: what the topics say, to compare with. Whoever holds the index may use it. */
const SCRATCH_FOLDER = 'index-check'

/** Names every difference on stdout, one a line. Changes nothing; exit code 0 if there is none, otherwise 1. */
export async function checkIndex({ feed: named }: FeedChoice, signal: AbortSignal): Promise<number> {
  const settings = loadSettings(READER_GROUPS, { feed: named })
  const { dataDir } = settings.feed
  const resources = publishedResources(settings.feed)
  await using index = await openKeyIndex(dataDir, { resources, mustExist: true }, signal)
  await using topics = await openTopics(settings, index.state(), signal)
  const { feed, extent, deleteRetention } = topics.survey
  let differences = 0
  const report = (line: string): void => {
    differences += 1
    printLine(line)
  }
  const state = index.state()
  const misfit = state === null ? 'it states no feed' : misfitOf(state, feed, extent)
  if (misfit !== undefined) report(`the index is of no use: ${misfit}; the next start rebuilds it`)
  if (!(await index.verify()))
    report('the index is of no use: its checksums are wrong; the next start rebuilds it')

  await using scratch = await scratchFolder(dataDir)
  await using rebuilt = await openKeyIndex(scratch.path, { resources }, signal)
  await rebuildFrom(topics, rebuilt, signal)
  let keys = 0
  for (const { name: resource } of topics.resources) {
    if (state !== null && !Object.hasOwn(state.feed.partitions, resource)) {
      report(`${resource}: the index does not hold it yet; the next start reads it from its topic`)
      continue
    }
    for await (const compared of compareKeys({ resource, index, rebuilt, deleteRetention, now: now() })) {
      signal.throwIfAborted()
      keys += 1
      if (!compared.equal) report(describe(resource, compared))
    }
  }
  const found = differences === 1 ? '1 difference' : `${differences} differences`
  printLine(differences === 0 ? `index and topics agree: ${keys} keys` : `${found}, ${keys} keys compared`)
  return differences === 0 ? 0 : 1
}

async function scratchFolder(dataDir: string): Promise<AsyncDisposable & { readonly path: string }> {
  const path = join(dataDir, SCRATCH_FOLDER)
  const remove = (): Promise<void> => rm(path, { recursive: true, force: true })
  // One that was killed could not.
  await remove()
  return { path, [Symbol.asyncDispose]: remove }
}

function describe(resource: string, { key, index, topic }: ComparedKey): string {
  return `${resource} ${key}: index ${describeEntry(index)}; topic ${describeEntry(topic)}`
}

function describeEntry(entry: IndexEntry | undefined): string {
  if (entry === undefined) return 'does not know it'
  const { state, digest, schemaId, partition, offset } = entry
  const content = state === 'deleted' ? '' : ` ${digest} under schema ${schemaId}`
  return `${state}${content} at partition ${partition}, offset ${offset}`
}
