/** Adds page after page to a ledger, and says of each that it is there, until it is killed. Argument: DATA_DIR. */
import { openKeyIndex } from '../../src/key-index/open-key-index.ts'
import { RESOURCES } from '../../src/resources/index.ts'
import { keysOfPage, KILLED_PASS } from './ledger-writer-pages.ts'

const { signal } = new AbortController()
await using index = await openKeyIndex(process.argv[2] ?? '', { resources: RESOURCES }, signal)
for (let page = 1; page <= 1_000; page += 1) {
  await index.ledger.add(
    KILLED_PASS,
    'seen',
    page,
    keysOfPage(page).map((key) => [key, ''] as const),
  )
  process.stdout.write(`${page}\n`)
}
