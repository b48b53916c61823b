/**
 * The simulated API of the bench, in a process of its own, so that its work is not counted as the program's. Writes the keys of
 * its listings, ascending, one a line, into a file, then its address as a line of JSON.
 */
import { writeFileSync } from 'node:fs'

import { z } from 'zod'

import { startSimulator } from '../../src/simulator/server/start-simulator.ts'

const OPTIONS = z.object({
  listings: z.number(),
  fields: z.enum(['standard', 'full']),
  /** Its clock stands still: every update then asks for the same window, and gets stored pages. */
  frozen: z.boolean(),
  storedPages: z.boolean(),
  keysFile: z.string(),
})

const { listings, fields, frozen, storedPages, keysFile } = OPTIONS.parse(JSON.parse(process.argv[2] ?? ''))
const start = Date.now()
const clock = frozen ? () => start : Date.now
await using server = await startSimulator({ listings, fields, clock, storedPages })
const keys = server.simulator.listings.rows('').map(({ key }) => key)
writeFileSync(keysFile, `${keys.toArray().join('\n')}\n`)
process.stdout.write(`${JSON.stringify({ url: server.url })}\n`)
await new Promise<void>((resolve) => {
  process.once('SIGTERM', () => resolve())
  // Whoever started it is gone.
  process.once('disconnect', () => resolve())
})
// A channel that somebody listens to keeps the process.
if (process.connected) process.disconnect()
