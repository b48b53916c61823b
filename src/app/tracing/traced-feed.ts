import type { SurroundPass } from '../../replication/feed-runner.ts'
import type { ChangePublisher } from '../../replication/ports.ts'
import type { Tracer } from '../../ops/tracer.ts'

/** A span for each pass, from when its turn has come. */
export function tracedPasses(tracer: Tracer): SurroundPass {
  return (resource, pass, run) =>
    tracer.span('pass', { resource: resource.name, pass }, async (span) => {
      const result = await run()
      const { passId, state, counts } = result.progress
      span.note({
        'pass.id': passId,
        state,
        published: counts.published,
        unchanged: counts.unchanged,
        stale: counts.stale,
        dead_lettered: counts.dead_lettered,
      })
      return result
    })
}

/** The publisher, with a span for each transaction. */
export function tracedPublisher(publisher: ChangePublisher, tracer: Tracer): ChangePublisher {
  return {
    commit(request, signal) {
      const changes = request.parts.reduce((sum, part) => sum + part.changes.length, 0)
      const { resource, passId } = request.progress
      return tracer.span('transaction', { resource, 'pass.id': passId, changes }, async (span) => {
        const receipt = await publisher.commit(request, signal)
        span.note({ seq: receipt.seq })
        return receipt
      })
    },
    nextOffsets: (resource) => publisher.nextOffsets(resource),
  }
}
