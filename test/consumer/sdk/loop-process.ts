/** Run by consume.integration.test.ts as a process of its own: leaves its loop, and must then end by itself. */
import { consumeListings, type ConsumerOptions } from '../../../src/index.ts'

const options: ConsumerOptions = JSON.parse(process.argv[2] ?? '')
for await (const change of consumeListings(options)) {
  process.stdout.write(`${change.type}\n`)
  if (change.type === 'caught-up') break
}
