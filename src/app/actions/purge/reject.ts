/** `purge reject`: ends a hold; nothing is deleted. */
import { loadSettings } from '../../../config/load-settings.ts'
import { passId } from '../../../domain/pass.ts'
import { isSubresource, type ListedResource } from '../../../domain/resource.ts'
import { InvariantViolation } from '../../../support/errors.ts'
import { printJson, printLine } from '../../../support/print.ts'
import { WRITER_GROUPS } from '../../compose/settings-groups.ts'
import { parseRejection, rejectionOf } from '../../holds/rejection.ts'
import { onFeed, type FeedWishes } from '../../passes/on-feed.ts'

export interface RejectOptions extends FeedWishes {
  readonly resource: ListedResource
  readonly json?: true
}

/** By the daemon that holds DATA_DIR, if there is one. */
export async function rejectDeletes(
  sweep: string,
  { resource, json, ...wishes }: RejectOptions,
  signal: AbortSignal,
): Promise<number> {
  const rejected = await onFeed(
    loadSettings(WRITER_GROUPS, { feed: wishes.feed }),
    wishes,
    {
      resource,
      pass: 'purge',
      ofLists: true,
      path: 'hold/reject',
      body: { sweep },
      parse: parseRejection,
      async run(feed, chosen) {
        if (isSubresource(chosen)) throw new InvariantViolation(`${chosen.name} is no list.`)
        return rejectionOf(await feed.runner.rejectHold(chosen, passId(sweep), () => undefined, signal))
      },
    },
    signal,
  )
  if (json === true) printJson(rejected)
  else {
    const { deletes, records, resource: name } = rejected
    printLine(
      records > 0
        ? `the hold ${sweep} of ${records} records of ${name} has ended: nothing of it is published, and the next pass judges anew`
        : `the hold of ${deletes} deletes of ${name} by sweep ${sweep} has ended: nothing is deleted, and the next sweep judges anew`,
    )
  }
  return 0
}
