/**
 * Run by group.integration.test.ts as a process of its own: one member of a group, whose handler fails at random. It ends by
 * itself after SIGTERM, or its process hangs.
 */
import { setTimeout as delay } from 'node:timers/promises'

import { handleListings, type HandlerOptions } from '../../../src/index.ts'
import { GroupStore, type JournalEntry } from './group-store.ts'

export interface MemberArguments {
  readonly member: string
  readonly file: string
  readonly options: HandlerOptions
  /** Of the calls that fail. */
  readonly failing: number
  /** What is planted: a handler that is over before its work is done. */
  readonly answersEarly?: boolean
  /** What is planted: a store in which a change may stand twice. */
  readonly forgetsOffsets?: boolean
}

const { member, file, options, failing, answersEarly, forgetsOffsets }: MemberArguments = JSON.parse(
  process.argv[2] ?? '',
)
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())

{
  using store = new GroupStore(file, forgetsOffsets)
  await handleListings({ ...options, signal: stop.signal }, async (change, { signal }) => {
    const { key, partition, offset } = change
    const told = (what: JournalEntry['what']): JournalEntry => ({ member, what, key, partition, offset })
    const city = change.type === 'deleted' ? null : String(change.event.listing?.standardFields?.['City'])
    store.note(told('begun'))
    const work = async (): Promise<void> => {
      await delay(Math.random() * (answersEarly === true ? 2_000 : 60))
      if (Math.random() < failing || signal.aborted) {
        store.note(told('failed'))
        throw new Error('at random')
      }
      store.apply(told('done'), city)
    }
    if (answersEarly === true) void work().catch(() => undefined)
    else await work()
  })
}
process.stdout.write('closed\n')
