import { ClassicLevel } from 'classic-level'

import type { IndexedKey } from './findings.ts'

const PREFIX = 'entry/listings/'

/** Every entry of the key index in `folder`, straight from LevelDB. No process may have it open. */
export async function readIndex(folder: string): Promise<ReadonlyMap<string, IndexedKey>> {
  const db = new ClassicLevel<string, Buffer>(folder, { valueEncoding: 'buffer', createIfMissing: false })
  await db.open()
  try {
    const entries = new Map<string, IndexedKey>()
    for await (const [key, value] of db.iterator({ gte: PREFIX, lt: 'entry/listings0' })) {
      entries.set(key.slice(PREFIX.length), {
        state: value.readUInt8(1) & 3,
        digest: value.toString('hex', 3, 19),
        schemaId: value.readUInt32BE(19),
        partition: value.readInt32BE(23),
        offset: value.readDoubleBE(27),
      })
    }
    return entries
  } finally {
    await db.close()
  }
}
