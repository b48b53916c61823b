/**
 * What `Agent` and `Agent.request` of undici are made of. Its only entry loads WebSockets, caches, mocks and a second `fetch`, too: 40 ms
 * of CPU at every start. The package has no `exports` map, and its version is pinned exactly; test/spark/transport.test.ts
 * fails when an update changes what is relied on.
 */
declare module 'undici/lib/dispatcher/agent.js' {
  import type { Agent } from 'undici'

  const agent: typeof Agent
  export default agent
}

declare module 'undici/lib/api/api-request.js' {
  import type { Dispatcher } from 'undici'

  export default function request(
    this: Dispatcher,
    options: Dispatcher.RequestOptions,
  ): Promise<Dispatcher.ResponseData>
}
