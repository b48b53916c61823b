import { handleListings, sqlitePrevious, withPrevious } from 'listingstream'

import { priceDrop } from './price-drop.ts'
import { readSettings } from './settings.ts'
import { tell } from './tell.ts'

const { stateFile, webhookUrl, minPercent, maxAgeMs, ...where } = readSettings(process.env)
const stopped = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopped.abort())
const log = (text: string): void => void process.stderr.write(`${text}\n`)

await using store = await sqlitePrevious(stateFile)
const options = {
  ...where,
  signal: stopped.signal,
  onCaughtUp: () => log('caught up'),
  onTrouble: ({ what, error }: { readonly what: string; readonly error: Error }) =>
    log(`${what}: ${error.message}`),
}

await handleListings(
  options,
  withPrevious(store, async (change, { signal }) => {
    const drop = priceDrop(change, minPercent)
    if (drop === null || Date.now() - Date.parse(drop.at) > maxAgeMs) return
    await tell(drop, webhookUrl, signal)
  }),
)
