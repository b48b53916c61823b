import { DatabaseSync } from 'node:sqlite'

/** What members of a group did, in the order in which it came to be, and what they wrote. One file for all of them. */
export class GroupStore implements Disposable {
  readonly #database: DatabaseSync

  /** @param forgetsOffsets what is planted: a change may stand twice in it */
  constructor(file: string, forgetsOffsets = false) {
    this.#database = new DatabaseSync(file, { timeout: 30_000 })
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = OFF;
      CREATE TABLE IF NOT EXISTS journal (
        at INTEGER PRIMARY KEY AUTOINCREMENT, member TEXT, what TEXT, key TEXT, partition INTEGER, offset INTEGER
      );
      CREATE TABLE IF NOT EXISTS applied (partition INTEGER, offset INTEGER, key TEXT, city TEXT);
      CREATE UNIQUE INDEX IF NOT EXISTS applied_once ON applied (partition, offset);
    `)
    if (forgetsOffsets) this.#database.exec('DROP INDEX IF EXISTS applied_once')
  }

  note(entry: JournalEntry): void {
    const { member, what, key, partition, offset } = entry
    this.#database
      .prepare('INSERT INTO journal (member, what, key, partition, offset) VALUES (?, ?, ?, ?, ?)')
      .run(member, what, key, partition, offset)
  }

  /** The change and that it is handled, in one transaction. */
  apply(entry: JournalEntry, city: string | null): void {
    this.#database.exec('BEGIN IMMEDIATE')
    this.#database
      .prepare('INSERT OR IGNORE INTO applied (partition, offset, key, city) VALUES (?, ?, ?, ?)')
      .run(entry.partition, entry.offset, entry.key, city)
    this.note(entry)
    this.#database.exec('COMMIT')
  }

  journal(): readonly JournalEntry[] {
    return this.#database
      .prepare('SELECT member, what, key, partition, offset FROM journal ORDER BY at')
      .all() as unknown as JournalEntry[]
  }

  applied(): readonly AppliedRow[] {
    return this.#database
      .prepare('SELECT partition, offset, key, city FROM applied ORDER BY rowid')
      .all() as unknown as AppliedRow[]
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}

export interface JournalEntry {
  readonly member: string
  /** `gone`: of a whole member, by whoever saw it end. */
  readonly what: 'begun' | 'done' | 'failed' | 'gone'
  readonly key: string
  readonly partition: number
  readonly offset: number
}

export interface AppliedRow {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly city: string | null
}
