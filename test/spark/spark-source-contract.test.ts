import type { JsonObject } from '../../src/domain/json.ts'
import { recordKey } from '../../src/domain/record-key.ts'
import { startSimulator } from '../../src/simulator/server/start-simulator.ts'
import { httpSource } from './http-source.ts'
import { sourceContract } from './source-contract.ts'

sourceContract('SparkSource', async ({ listings, pageLimit, counts, failsAfter, refusesKeys, forbidden }) => {
  await using parts = new AsyncDisposableStack()
  const { simulator, url } = parts.use(await startSimulator({ listings }))
  const source = parts.use(httpSource({ apiUrl: url, accessToken: simulator.accessToken, pageLimit }))
  const keys = [...simulator.truth().listings.keys()].map(recordKey)
  const sets = simulator.listings.sublistTruth('photos') ?? []
  const photos = new Map([...sets].map(([key, parts]) => [recordKey(key), parts.map(withoutUri)]))
  if (counts.includes('refused')) simulator.faults.add({ fault: { kind: 'refused-count' } })
  if (failsAfter !== undefined) {
    simulator.faults.add({ fault: { kind: 'status', status: 401, code: 1000 }, nth: failsAfter + 1 })
  }
  simulator.configure({
    unsearchable: refusesKeys ? { ListingKey: 'refused' } : {},
    forbiddenKeys: forbidden === undefined ? [] : keys.slice(forbidden, forbidden + 1),
  })
  const owned = parts.move()
  return { source, keys, photos, [Symbol.asyncDispose]: () => owned.disposeAsync() }
})

/** The source leaves a part's own address out. */
function withoutUri(part: JsonObject): JsonObject {
  const { ResourceUri: _, ...rest } = part
  return rest
}
