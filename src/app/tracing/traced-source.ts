/** The source, with a span for each page, count and question that is asked of it. */
import type { SourcePage, WalkRequest } from '../../replication/ports.ts'
import type { Tracer } from '../../ops/tracer.ts'
import type { SparkSource } from '../../spark/spark-source.ts'

export function tracedSource(source: SparkSource, tracer: Tracer): SparkSource {
  return {
    metadata: source.metadata,
    identify: (purpose, signal) =>
      tracer.span('question', { kind: 'identity' }, () => source.identify(purpose, signal)),
    walk: (request, signal) => tracedWalk(source.walk(request, signal), request, tracer),
    count: (resource, ...asked) =>
      tracer.span('question', { kind: 'count', resource: resource.name }, () =>
        source.count(resource, ...asked),
      ),
    findByKeys: (resource, keys, ...asked) =>
      tracer.span('question', { kind: 'keys', resource: resource.name, keys: keys.length }, async (span) => {
        const answer = await source.findByKeys(resource, keys, ...asked)
        span.note({
          answer: answer.kind,
          ...(answer.kind === 'answered' ? { records: answer.records.length } : {}),
        })
        return answer
      }),
    findOne: (resource, key, signal) =>
      tracer.span('question', { kind: 'one', resource: resource.name }, async (span) => {
        const answer = await source.findOne(resource, key, signal)
        span.note({ answer: answer.kind })
        return answer
      }),
    sets: (request, signal) =>
      tracedEach(source.sets(request, signal), (next) =>
        tracer.span('question', { kind: 'set', resource: request.set.name }, async (span) => {
          const set = await next()
          if (set.done === true) span.forget()
          else span.note({ answer: set.value.kind })
          return set
        }),
      ),
  }
}

/** From when a page is asked for until it is there, read: where it was fetched ahead, that is no time. */
function tracedWalk(
  pages: AsyncIterable<SourcePage>,
  { resource, select, purpose }: WalkRequest,
  tracer: Tracer,
): AsyncIterable<SourcePage> {
  const facts = { resource: resource.name, select, purpose }
  return tracedEach(pages, (next) =>
    tracer.span('page', facts, async (span) => {
      const page = await next()
      if (page.done === true) span.forget()
      else span.note({ records: page.value.records.length, unreadable: page.value.unreadable.length })
      return page
    }),
  )
}

type Next<T> = () => Promise<IteratorResult<T, unknown>>

async function* tracedEach<T>(
  items: AsyncIterable<T>,
  traced: (next: Next<T>) => Promise<IteratorResult<T, unknown>>,
): AsyncGenerator<T, void, undefined> {
  const iterator = items[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await traced(() => iterator.next())
      if (next.done === true) return
      yield next.value
    }
  } finally {
    await iterator.return?.()
  }
}
