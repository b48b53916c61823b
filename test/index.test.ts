import { describe, expect, expectTypeOf, test } from 'vitest'

import * as exported from '../src/index.ts'
import {
  consumeListings,
  handleListings,
  memoryPrevious,
  withPrevious,
  type Changes,
  type ChangeWithPrevious,
  type ConsumerOptions,
  type HandlerContext,
  type ListingPhotosReplaced,
} from '../src/index.ts'
import { readSchemaFile } from '../src/events/schema/schema-file.ts'
import { RESOURCES, SUBRESOURCES } from '../src/resources/index.ts'
import type {
  InstantText,
  Listing,
  ListingDeleted,
  ListingEvent,
  ListingUpserted,
  PassMarker,
  StandardFields,
} from '../src/index.ts'

/** As `listingstream schema types` prints it for one source. */
type LiveFields = { readonly ListPrice: number | null; readonly Cooling: readonly string[] | null }
type Live = Omit<ListingUpserted, 'listing'> & {
  readonly listing: (Omit<Listing, 'standardFields'> & { readonly standardFields: LiveFields | null }) | null
}

// Their failures are tsc's (npm run check).
describe('what the package exports', () => {
  test('the types of one source can be assigned to those of any', () => {
    expectTypeOf<Live>().toExtend<ListingUpserted>()
    expectTypeOf<ListingUpserted>().not.toExtend<Live>()
    expectTypeOf<LiveFields>().toExtend<StandardFields>()
  })

  test('the two events of the topic are told apart by their members', () => {
    expectTypeOf<Extract<ListingEvent, { readonly deletedAt: unknown }>>().toEqualTypeOf<ListingDeleted>()
    expectTypeOf<Extract<ListingEvent, { readonly listing: unknown }>>().toEqualTypeOf<ListingUpserted>()
    expectTypeOf<ListingEvent['listingKey']>().toEqualTypeOf<string>()
  })

  test('instants are text, and what a writer may not have known is nullable', () => {
    expectTypeOf<ListingUpserted['observedAt']>().toEqualTypeOf<InstantText | null>()
    expectTypeOf<PassMarker['initial']>().toEqualTypeOf<boolean | null>()
  })

  test('a change is told apart by its type, and a set has no event for its end', () => {
    type Photos = ReturnType<typeof exported.consumeListingPhotos>
    type Change = Photos extends AsyncIterable<infer Item> ? Item : never
    expectTypeOf<Photos>().toExtend<Changes<ListingPhotosReplaced, never>>()
    expectTypeOf<Extract<Change, { type: 'upserted' }>['event']>().toEqualTypeOf<ListingPhotosReplaced>()
    expectTypeOf<Extract<Change, { type: 'deleted' }>['event']>().toEqualTypeOf<null>()
  })

  test('a loop and a handler have the types of one source where they are given, with previous states too', () => {
    const options = OPTIONS satisfies ConsumerOptions
    const loops = () => withPrevious(memoryPrevious(), consumeListings<Live>(options))
    expectTypeOf<ReturnType<typeof loops>>().toExtend<
      AsyncIterable<ChangeWithPrevious<Live, ListingDeleted> | object>
    >()
    const handles = () =>
      handleListings(
        options,
        withPrevious(memoryPrevious(), async (change, context) => {
          expectTypeOf(change).toEqualTypeOf<ChangeWithPrevious<ListingUpserted, ListingDeleted>>()
          expectTypeOf(context).toEqualTypeOf<HandlerContext>()
        }),
      )
    const handlesLive = () =>
      handleListings<Live>(
        options,
        withPrevious(memoryPrevious(), async (change) => {
          expectTypeOf(change.before).toEqualTypeOf<Live | null>()
        }),
      )
    expect([loops, handles, handlesLive]).toHaveLength(3)
  })
})

const OPTIONS = { brokers: ['127.0.0.1:1'], registry: 'http://127.0.0.1:1' }

/** Without a broker: a reader schema of something else is refused first. */
const OTHER = { ...OPTIONS, readerSchemas: [readSchemaFile('PassMarker')] }

describe.each([...RESOURCES, ...SUBRESOURCES].map((resource) => [resource.name, resource] as const))(
  'of %s there are',
  (name, { events }) => {
    const thing = events.upserted
      .replace(/(?<=ch)Upserted$/, 'es')
      .replace(/Upserted$/, 's')
      .replace(/Replaced$/, '')
    const refused = {
      code: 'CONSUMER_READER_SCHEMA',
      message: expect.stringContaining(`the topic of ${name} has`),
    }

    test(`consume${thing}, which reads its topic`, async () => {
      const changes = functionOf(`consume${thing}`)(OTHER) as AsyncIterable<unknown>
      await expect(Array.fromAsync(changes)).rejects.toMatchObject(refused)
    })

    test(`handle${thing}, which does so too`, async () => {
      await expect(functionOf(`handle${thing}`)(OTHER, async () => undefined)).rejects.toMatchObject(refused)
    })
  },
)

function functionOf(name: string): (...args: readonly unknown[]) => unknown {
  const found = new Map<string, unknown>(Object.entries(exported)).get(name)
  if (typeof found !== 'function') throw new Error(`${name} is not exported.`)
  return (...args) => Reflect.apply(found, undefined, args)
}
