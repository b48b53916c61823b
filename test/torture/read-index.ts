import { ClassicLevel } from 'classic-level'

import type { IndexedKey } from './findings.ts'

/**
 * Every entry of the key index in `folder`, by resource and key, straight from LevelDB. No process may have it open.
 */
export async function readIndex(
  folder: string,
  resources: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, IndexedKey>>> {
  const db = new ClassicLevel<string, Buffer>(folder, { valueEncoding: 'buffer', createIfMissing: false })
  await db.open()
  try {
    const index = new Map<string, ReadonlyMap<string, IndexedKey>>()
    for (const name of resources) index.set(name, await readEntries(db, name))
    return index
  } finally {
    await db.close()
  }
}

async function readEntries(
  db: ClassicLevel<string, Buffer>,
  resource: string,
): Promise<ReadonlyMap<string, IndexedKey>> {
  const prefix = `entry/${resource}/`
  const entries = new Map<string, IndexedKey>()
  for await (const [key, value] of db.iterator({ gte: prefix, lt: `entry/${resource}0` })) {
    entries.set(key.slice(prefix.length), {
      state: value.readUInt8(1) & 3,
      digest: value.toString('hex', 3, 19),
      schemaId: value.readUInt32BE(19),
      partition: value.readInt32BE(23),
      offset: value.readDoubleBE(27),
    })
  }
  return entries
}
