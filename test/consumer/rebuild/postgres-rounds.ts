import { PostgresStore } from '../../../src/consumer/rebuild/postgres/postgres-store.ts'
import { parsePostgresUrl } from '../../../src/consumer/rebuild/postgres/postgres-target.ts'
import type { ColumnValue, RebuildStore, Round, Table } from '../../../src/consumer/rebuild/store.ts'
import { instant } from '../../../src/domain/instant.ts'
import { parseResourceName } from '../../../src/domain/resource.ts'
import { POSTGRES_PASSWORD } from '../../fixtures/postgres-server.ts'

export const NEVER = new AbortController().signal

export const LISTINGS: Table = {
  name: 'listings',
  resource: parseResourceName('listings')!,
  columns: [
    { name: 'ListingKey', type: 'text', field: 'listingKey' },
    { name: 'ListPrice', type: 'real', field: 'listing.standardFields.ListPrice' },
  ],
}

export async function openStore(url: string): Promise<RebuildStore> {
  const store = new PostgresStore({ ...parsePostgresUrl(url), password: POSTGRES_PASSWORD })
  try {
    await store.open(NEVER)
    return store
  } catch (error) {
    await store[Symbol.asyncDispose]()
    throw error
  }
}

export function round(kind: Round['kind'], end: number): Round {
  return {
    kind,
    feed: { prefix: 'spark', clusterId: 'cluster-1', generation: 1 },
    ends: { listings: [end] },
    pinnedAt: instant(1_760_000_000_000),
  }
}

/** @param prices by key; null: the key is gone */
export async function stage(
  store: RebuildStore,
  prices: Readonly<Record<string, ColumnValue>>,
  reached: number,
): Promise<void> {
  const rows = Object.entries(prices).map(([key, price]) => ({
    key,
    partition: 0,
    offset: reached,
    values: price === null ? null : [key, price],
  }))
  await store.stage({ rows: [{ table: LISTINGS, rows }], reached: { listings: [reached] } }, NEVER)
}

/** A whole round of listings. @returns what was lost */
export async function performRound(
  store: RebuildStore,
  kind: Round['kind'],
  prices: Readonly<Record<string, ColumnValue>>,
  end: number,
): Promise<readonly string[]> {
  await store.begin(round(kind, end), [LISTINGS], { listings: [0] }, NEVER)
  await stage(store, prices, end)
  return (await store.finish(NEVER)).lost
}
