import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'

import { bucketOf, SetDigester, type SetDigest } from '../../support/set-digest.ts'

/** Rows between two looks at what else is to be done. */
const ROWS_A_TURN = 2_000

/** How a key of a store is not as it should be. */
export type KeyProblem = 'altered' | 'different' | 'missing' | 'surplus'

export interface KeyFinding {
  readonly key: string
  /**
   * `altered`: its columns do not say what its digest was taken of; `different`: it has another digest than the topic; `missing`:
   * the topic alone has it; `surplus`: the store alone.
   */
  readonly problem: KeyProblem
}

/** Where a record of the topic lies: below the certificate's offsets, from there on below the store's, or behind these. */
export type Stretch = 'certified' | 'since' | 'later'

const SEEN: Readonly<Record<Stretch, number>> = { certified: 1, since: 2, later: 4 }

const TABLE = `
  PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
  CREATE TABLE keys (
    bucket INTEGER NOT NULL, key TEXT NOT NULL,
    stored BLOB, is_altered INTEGER NOT NULL DEFAULT 0,
    certified BLOB, current BLOB, seen INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (bucket, key)
  ) WITHOUT ROWID`
/** Compaction has taken what is needed to know the key's content there: a later record has taken its place. */
const CERTIFIED_IS_GONE = `seen & ${SEEN.certified} = 0 AND seen <> 0`
const CURRENT_IS_GONE = `seen = ${SEEN.later}`
const IS_SURPLUS = `(current IS NULL AND NOT (${CURRENT_IS_GONE}))`
const PUT_STORED = `
  INSERT INTO keys (bucket, key, stored, is_altered) VALUES (?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET stored = excluded.stored, is_altered = excluded.is_altered`

/**
 * The keys of one resource: what a store says of each, and what its topic does. In a temporary file, since there may be more than
 * memory has room for (R14): it goes with the process.
 */
export class ComparedKeys implements Disposable {
  readonly #database: DatabaseSync
  readonly #putStored: StatementSync
  readonly #put: Readonly<Record<Stretch, StatementSync>>

  constructor() {
    // A database without a name is a temporary file that nobody else can open.
    const database = new DatabaseSync('')
    database.exec(TABLE)
    database.exec('BEGIN')
    this.#database = database
    this.#putStored = database.prepare(PUT_STORED)
    const from = (stretch: Stretch, sets: readonly string[]): StatementSync => {
      const columns = sets.map((name) => `, ${name}`).join('')
      const values = sets.map(() => ', :digest').join('')
      const updates = sets.map((name) => `${name} = excluded.${name}, `).join('')
      return database.prepare(
        `INSERT INTO keys (bucket, key, seen${columns}) VALUES (:bucket, :key, ${SEEN[stretch]}${values})
         ON CONFLICT DO UPDATE SET ${updates} seen = seen | excluded.seen`,
      )
    }
    this.#put = {
      certified: from('certified', ['certified', 'current']),
      since: from('since', ['current']),
      later: from('later', []),
    }
  }

  /** @param digest null: the store does not say */
  putStored(key: string, digest: string | null, isAltered: boolean): void {
    this.#putStored.run(bucketOf(key), key, bytesOf(digest), isAltered ? 1 : 0)
  }

  /** The records of a key in their order. @param digest null: the key is gone */
  putRecord(stretch: Stretch, key: string, digest: string | null): void {
    const of = { bucket: bucketOf(key), key }
    this.#put[stretch].run(stretch === 'later' ? of : { ...of, digest: bytesOf(digest) })
  }

  /** @param of the store, or the topic below the certificate's offsets */
  async digest(of: 'stored' | 'certified', signal: AbortSignal): Promise<SetDigest> {
    const digester = new SetDigester()
    const rows = this.#database
      .prepare(`SELECT key, ${of} AS digest FROM keys WHERE ${of} IS NOT NULL ORDER BY bucket, key`)
      .iterate()
    let count = 0
    for (const { key, digest } of rows) {
      if (typeof key === 'string' && digest instanceof Uint8Array) digester.add(key, digest)
      count += 1
      if (count % ROWS_A_TURN === 0) await heard(signal)
    }
    return digester.end()
  }

  /** Buckets with a key whose record below the certificate's offsets may have been taken by compaction. */
  compactedBuckets(): ReadonlySet<number> {
    return this.#bucketsWhere(CERTIFIED_IS_GONE)
  }

  /** Buckets with a key of the store of which the topic does not tell any more what it was as of the store's offsets. */
  untoldBuckets(): ReadonlySet<number> {
    return this.#bucketsWhere(`${CURRENT_IS_GONE} AND stored IS NOT NULL`)
  }

  /**
   * Those whose columns are not what their digests say. Once the topic has been read, without those that it does not have: there is
   * nothing that they could have been altered from.
   */
  altered(ofTopic: boolean): AsyncGenerator<KeyFinding, void, undefined> {
    const which = ofTopic ? `is_altered AND NOT ${IS_SURPLUS}` : 'is_altered'
    return this.#findings(`SELECT key, 'altered' AS problem FROM keys WHERE ${which} ORDER BY bucket, key`)
  }

  /** Keys of which store and topic say something else. */
  different(): AsyncGenerator<KeyFinding, void, undefined> {
    return this.#findings(
      `SELECT key, CASE WHEN stored IS NULL THEN 'missing' WHEN current IS NULL THEN 'surplus' ELSE 'different' END AS problem
       FROM keys WHERE stored IS NOT current AND (NOT is_altered OR ${IS_SURPLUS}) AND NOT ${CURRENT_IS_GONE} ORDER BY bucket, key`,
    )
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close()
  }

  #bucketsWhere(condition: string): ReadonlySet<number> {
    const rows = this.#database.prepare(`SELECT DISTINCT bucket FROM keys WHERE ${condition}`).all()
    return new Set(rows.map(({ bucket }) => Number(bucket)))
  }

  async *#findings(sql: string): AsyncGenerator<KeyFinding, void, undefined> {
    for (const { key, problem } of this.#database.prepare(sql).iterate()) {
      const known = PROBLEMS.find((one) => one === problem)
      if (known !== undefined) yield { key: String(key), problem: known }
    }
  }
}

const PROBLEMS: readonly KeyProblem[] = ['altered', 'different', 'missing', 'surplus']

function bytesOf(digest: string | null): Uint8Array | null {
  return digest === null ? null : Buffer.from(digest, 'hex')
}

async function heard(signal: AbortSignal): Promise<void> {
  await turn()
  signal.throwIfAborted()
}
