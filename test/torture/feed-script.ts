import { hash } from 'node:crypto'

import type { CheckedFeed } from './checker.ts'
import type { FeedRecord, IndexedKey, Interval, Shape, Shapes, Shown } from './findings.ts'
import { LISTS, STAMPED_SETS, type JudgedResource } from './judged-resources.ts'

interface Content {
  readonly price: number
  readonly stamp: number
}

/** Of an event; a delete has no content. */
interface ListingBody {
  readonly listingKey?: string
  readonly listing?: { readonly standardFields: object; readonly [member: string]: unknown }
  readonly [member: string]: unknown
}

const [LISTINGS] = LISTS
export const [PHOTOS] = STAMPED_SETS
const DIGEST_OF_NOTHING = ''

const LISTING_SHAPES = shapesOf(LISTINGS, 'ListPrice', { kind: 'plain', type: 'double' })
const PHOTO_SHAPES = shapesOf(PHOTOS, 'Photos', { kind: 'list', of: recordOf(new Map()) })

/** Writes the topics of a small feed of listings and their photos as the program would, without any broker. */
export class FeedScript {
  #generation = 1
  #instanceId = ''
  #seq = 0
  readonly #counts = { published: 0, emitted: 0, photos: 0 }
  readonly #nextOffsets = { listings: 0, photos: 0, rows: 0 }
  #recreated: string | undefined
  #listings: FeedRecord[] = []
  readonly #rows: FeedRecord[] = []
  #keepsRows = true
  readonly #photos: FeedRecord[] = []
  readonly #checkpoints: FeedRecord[] = []
  readonly #live = new Map<string, Content>()
  readonly #sets = new Map<string, string>()
  readonly #deleted = new Set<string>()
  readonly #hidden = new Map<string, Interval[]>()
  #clock = 1_000_000

  owner(instanceId: string): void {
    this.#instanceId = instanceId
    this.#checkpoint('owner', 'Owner', { instanceId })
  }

  transaction(options: {
    readonly upserts?: readonly string[]
    readonly deletes?: readonly string[]
    readonly sameContent?: boolean
    /** To the time 1, or to one that cannot be read. */
    readonly stampBack?: boolean | 'unreadable'
    /** @default one of the content */
    readonly digest?: string
    /** First seen in this topic. */
    readonly again?: boolean
    /** The sets of deleted listings stay. */
    readonly leavesSets?: boolean
  }): void {
    const { upserts = [], deletes = [], leavesSets = false } = options
    this.#clock += 10_000
    for (const key of upserts) this.#upsert(key, options)
    for (const key of deletes) this.#delete(key)
    this.#counts.published += upserts.length
    this.#counts.emitted += deletes.length
    this.#nextOffsets.listings += 1
    if (this.#keepsRows) this.#nextOffsets.rows += 1
    const gone = leavesSets ? [] : deletes.filter((key) => this.#sets.delete(key))
    for (const key of gone) this.#photo(key, DIGEST_OF_NOTHING, null)
    if (gone.length > 0) this.#nextOffsets.photos += 1
    this.#commit(LISTINGS.name, this.#counts.published, this.#counts.emitted)
  }

  /** Of the sets of these listings. */
  photos(...keys: readonly string[]): void {
    this.#clock += 10_000
    for (const key of keys) {
      const caption = `${key} at ${this.#clock}`
      const change = this.#sets.has(key) ? 'UPDATED' : 'SNAPSHOT'
      const fields = { Photos: [{ Id: key, Caption: caption }] }
      const photoSet = { fields, maskedFields: [], unmappedFields: {} }
      this.#sets.set(key, caption)
      this.#photo(key, caption, { listingKey: key, change, passId: passOf(PHOTOS.name), photoSet })
    }
    this.#nextOffsets.photos += 1
    this.#counts.photos += keys.length
    this.#commit(PHOTOS.name, this.#counts.photos, 0)
  }

  /** From now on, as of `ROW_TOPICS`; what is missed meanwhile is filled when they are turned on. */
  keepRows(kept: boolean): void {
    this.#keepsRows = kept
    if (!kept) return
    const [listings, written] = [this.#listings, this.#rows].map(
      (of) => new Map(of.map((one) => [one.key, one])),
    )
    for (const [key, { value }] of listings ?? []) {
      const known = written?.get(key)
      if (value !== null || (known !== undefined && known.value !== null)) this.#row(key, value?.body ?? {})
    }
    this.#nextOffsets.rows += 1
    this.#seq += 1
    this.#checkpoint('rows', 'RowTopics', {
      ...this.#stamp(),
      nextOffsets: this.#offsets(),
      rows: this.#marks(),
    })
  }

  /** That of the listings is empty, for a new generation. */
  recreateTopic(): void {
    this.#recreated = LISTINGS.name
    this.#generation += 1
    this.#nextOffsets.listings = 0
    this.#listings = []
    this.#live.clear()
    this.#deleted.clear()
  }

  checked(): CheckedFeed {
    return {
      resources: [LISTINGS, PHOTOS],
      dump: {
        data: new Map([
          [LISTINGS.name, { records: this.#listings, partitions: 1 }],
          [PHOTOS.name, { records: this.#photos, partitions: 1 }],
        ]),
        rows: new Map([[LISTINGS.name, { records: this.#rows, partitions: 1 }]]),
        checkpoints: this.#checkpoints,
        control: [],
        holds: [],
        letters: [],
      },
      truth: {
        shown: new Map([
          [LISTINGS.name, this.#shownListings()],
          [PHOTOS.name, this.#shownPhotos()],
        ]),
        hidden: new Map([[LISTINGS.name, this.#hidden]]),
        clockSlackMs: 0,
        stampsBack: new Map(),
        unreadable: new Set(),
        hadUnreadable: false,
        clockToleranceMs: 0,
        guarded: {
          hardMax: Infinity,
          liftedAt: Infinity,
          approved: new Map(),
          masked: new Map(),
          maskedUntil: Infinity,
        },
      },
      index: new Map([
        [LISTINGS.name, indexOf(this.#listings)],
        [PHOTOS.name, indexOf(this.#photos)],
      ]),
      recreated: this.#recreated,
      recreatedRows: undefined,
      forgetsDeletes: false,
    }
  }

  #shownListings(): Shown {
    return new Map([...this.#live].map(([key, { price }]) => [key, { ListPrice: price, Notes: null }]))
  }

  #shownPhotos(): Shown {
    const rowsOf = (key: string): object[] => {
      const caption = this.#sets.get(key)
      return caption === undefined ? [] : [{ Id: key, ResourceUri: `/${key}`, Caption: caption }]
    }
    return new Map([...this.#live.keys()].map((key) => [key, { Photos: rowsOf(key) }]))
  }

  #upsert(
    key: string,
    {
      sameContent = false,
      stampBack = false,
      again = false,
      digest,
    }: Parameters<FeedScript['transaction']>[0],
  ): void {
    const before = this.#live.get(key)
    const price = sameContent && before !== undefined ? before.price : this.#clock
    const stamp = stampBack === false ? this.#clock : 1
    const change =
      before !== undefined ? 'UPDATED' : this.#deleted.has(key) && !again ? 'RESTORED' : 'SNAPSHOT'
    this.#live.set(key, { price, stamp })
    this.#listing(key, digest ?? `${price}`, stampBack === 'unreadable' ? '' : stamp, 'ListingUpserted', {
      listingKey: key,
      change,
      passId: passOf(LISTINGS.name),
      listing: { standardFields: { ListPrice: price, Notes: null }, maskedFields: [], unmappedFields: {} },
    })
  }

  #delete(key: string): void {
    const stamp = this.#live.get(key)?.stamp ?? 0
    this.#live.delete(key)
    this.#deleted.add(key)
    this.#hidden.set(key, [{ from: this.#clock, to: this.#clock + 5_000 }])
    const body = { listingKey: key, passId: passOf(LISTINGS.name), deletedAt: this.#clock }
    this.#listing(key, DIGEST_OF_NOTHING, stamp, 'ListingDeleted', body)
    this.#listing(key, DIGEST_OF_NOTHING, stamp, undefined, {})
  }

  #listing(
    key: string,
    digest: string,
    stamp: number | '',
    name: string | undefined,
    body: ListingBody,
  ): void {
    const headers = {
      ...(name === 'ListingDeleted' ? { deleted: 'true' } : {}),
      digest: digestOf(digest),
      'modification-timestamp': String(stamp),
      ce_id: `${key}/${this.#nextOffsets.listings}/${this.#generation}`,
    }
    this.#listings.push(record(key, this.#nextOffsets.listings, headers, name, body, LISTING_SHAPES))
    this.#nextOffsets.listings += 1
    if (this.#keepsRows && name !== 'ListingDeleted') this.#row(key, body)
  }

  /** Of an event that is no delete, or the tombstone of one. */
  #row(key: string, { listing }: ListingBody): void {
    const row = { ListingKey: key, ...listing?.standardFields, MaskedFields: '[]', UnmappedFields: '{}' }
    const name = listing === undefined ? undefined : 'ListingRow'
    this.#rows.push(record(key, this.#nextOffsets.rows, {}, name, row))
    this.#nextOffsets.rows += 1
  }

  #photo(key: string, digest: string, body: object | null): void {
    const headers = {
      digest: digestOf(digest),
      'modification-timestamp': '',
      ce_id: `${key}/${this.#nextOffsets.photos}/photos`,
    }
    const name = body === null ? undefined : PHOTOS.upserted
    this.#photos.push(record(key, this.#nextOffsets.photos, headers, name, body ?? {}, PHOTO_SHAPES))
    this.#nextOffsets.photos += 1
  }

  #commit(resource: string, published: number, emitted: number): void {
    this.#seq += 1
    this.#checkpoint(`${resource}/update`, 'Checkpoint', {
      ...this.#stamp(),
      resource,
      passId: passOf(resource),
      state: 'COMPLETED',
      walked: published,
      nextOffsets: this.#offsets(),
      rows: this.#marks(),
      counts: { published },
      deletes: { emitted },
    })
  }

  #stamp(): object {
    return { seq: this.#seq, generation: this.#generation, instanceId: this.#instanceId }
  }

  /** Rows that are turned off are in no checkpoint. */
  #offsets(): object {
    return {
      [LISTINGS.name]: [this.#nextOffsets.listings],
      [PHOTOS.name]: [this.#nextOffsets.photos],
      ...(this.#keepsRows ? { [LISTINGS.rows.topic]: [this.#nextOffsets.rows] } : {}),
    }
  }

  #marks(): object {
    const filled = { swept: [], sweepEnds: [], filled: [], ends: [] }
    return this.#keepsRows ? { [LISTINGS.rows.topic]: filled } : {}
  }

  #checkpoint(key: string, name: string, body: object): void {
    this.#checkpoints.push(record(key, this.#checkpoints.length * 2, {}, name, body))
  }
}

/** 16 bytes, or nothing. */
function digestOf(content: string): string {
  return content === DIGEST_OF_NOTHING ? '' : hash('sha256', content).slice(0, 32)
}

/** Each resource has one that never ends. */
function passOf(resource: string): string {
  return `pass of ${resource}`
}

/** Of an event with one field. */
function shapesOf({ content, fields }: JudgedResource, field: string, shape: Shape): Shapes {
  return new Map([[content, recordOf(new Map([[fields, recordOf(new Map([[field, shape]]))]]))]])
}

function recordOf(fields: Shapes): Shape {
  return { kind: 'record', fields }
}

function indexOf(records: readonly FeedRecord[]): ReadonlyMap<string, IndexedKey> {
  const last = new Map(records.map((one) => [one.key, one]))
  return new Map(
    [...last].map(([key, { value, headers, partition, offset }]) => [
      key,
      {
        state: value === null ? 1 : 0,
        digest: headers['digest'] ?? '',
        schemaId: value === null ? 0 : value.schemaId,
        partition,
        offset,
      },
    ]),
  )
}

function record(
  key: string,
  offset: number,
  headers: Readonly<Record<string, string>>,
  name: string | undefined,
  body: object,
  shapes: Shapes = new Map(),
): FeedRecord {
  const value = name === undefined ? null : { name, body: { ...body }, shapes, schemaId: 7 }
  return { partition: 0, offset, timestamp: 0, key, headers, value }
}
