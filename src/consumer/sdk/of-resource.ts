/** The two forms of the SDK, bound to a resource and to the types of its events. */
import type { ResourceDescription } from '../../domain/resource.ts'
import type { Change } from './change.ts'
import { consume, type Changes } from './consume.ts'
import type { ConsumerOptions, HandlerOptions } from './consumer-options.ts'
import { handle, type ChangeHandler } from './handle.ts'

/**
 * `Event` is the type of one source, as `listingstream schema types` prints it. It holds for what was written with the schema
 * that it was made from, and for everything if that is among `readerSchemas`.
 */
export type Consume<UpsertedEvent, DeletedEvent> = <Event extends UpsertedEvent = UpsertedEvent>(
  options: ConsumerOptions,
) => Changes<Event, DeletedEvent>

export interface Handle<UpsertedEvent, DeletedEvent> {
  // First, so that a handler which is made on the spot gets its types from it.
  (options: HandlerOptions, handler: ChangeHandler<Change<UpsertedEvent, DeletedEvent>>): Promise<void>
  /** `Event`: as of `Consume`. */
  <Event extends UpsertedEvent>(
    options: HandlerOptions,
    handler: ChangeHandler<Change<Event, DeletedEvent>>,
  ): Promise<void>
}

// Avro has read each event under a schema of the resource's own record (read-change.ts), of which every version is what
// these types say: that is how they are made (test/contract/event-types.test.ts).

export function consumeOf<UpsertedEvent, DeletedEvent>(
  resource: ResourceDescription,
): Consume<UpsertedEvent, DeletedEvent> {
  return <Event extends UpsertedEvent>(options: ConsumerOptions) =>
    consume(resource, options) as Changes<Event, DeletedEvent>
}

export function handleOf<UpsertedEvent, DeletedEvent>(
  resource: ResourceDescription,
): Handle<UpsertedEvent, DeletedEvent> {
  return <Event extends UpsertedEvent>(
    options: HandlerOptions,
    handler: ChangeHandler<Change<Event, DeletedEvent>>,
  ) => handle(resource, options, (change, context) => handler(change as Change<Event, DeletedEvent>, context))
}
