/** The two forms of the SDK, bound to a resource and to the types of its events. */
import type { ResourceDescription } from '../../domain/resource.ts'
import type { Change } from './change.ts'
import { consume, type Changes } from './consume.ts'
import type { ConsumerOptions, HandlerOptions } from './consumer-options.ts'
import { handle, type ChangeHandler } from './handle.ts'

export type Consume<UpsertedEvent, DeletedEvent> = (
  options: ConsumerOptions,
) => Changes<UpsertedEvent, DeletedEvent>

export type Handle<UpsertedEvent, DeletedEvent> = (
  options: HandlerOptions,
  handler: ChangeHandler<Change<UpsertedEvent, DeletedEvent>>,
) => Promise<void>

// Avro has read each event under a schema of the resource's own record (read-change.ts), of which every version is what
// these types say: that is how they are made (test/contract/event-types.test.ts).

export function consumeOf<UpsertedEvent, DeletedEvent>(
  resource: ResourceDescription,
): Consume<UpsertedEvent, DeletedEvent> {
  return (options) => consume(resource, options) as Changes<UpsertedEvent, DeletedEvent>
}

export function handleOf<UpsertedEvent, DeletedEvent>(
  resource: ResourceDescription,
): Handle<UpsertedEvent, DeletedEvent> {
  return (options, handler) =>
    handle(resource, options, (change, context) =>
      handler(change as Change<UpsertedEvent, DeletedEvent>, context),
    )
}
