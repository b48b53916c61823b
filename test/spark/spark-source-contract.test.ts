import { recordKey } from '../../src/domain/record-key.ts'
import { startSimulator } from '../../src/simulator/server/start-simulator.ts'
import { httpSource } from './http-source.ts'
import { sourceContract } from './source-contract.ts'

sourceContract('SparkSource', async ({ listings, pageLimit, counts, failsAfter, refusesKeys, forbidden }) => {
  await using parts = new AsyncDisposableStack()
  const { simulator, url } = parts.use(await startSimulator({ listings }))
  const source = parts.use(httpSource({ apiUrl: url, accessToken: simulator.accessToken, pageLimit }))
  const keys = [...simulator.truth().listings.keys()].map(recordKey)
  if (counts.includes('refused')) simulator.faults.add({ fault: { kind: 'refused-count' } })
  if (failsAfter !== undefined) {
    simulator.faults.add({ fault: { kind: 'status', status: 401, code: 1000 }, nth: failsAfter + 1 })
  }
  simulator.configure({
    unsearchable: refusesKeys ? { ListingKey: 'refused' } : {},
    forbiddenKeys: forbidden === undefined ? [] : keys.slice(forbidden, forbidden + 1),
  })
  const owned = parts.move()
  return { source, keys, [Symbol.asyncDispose]: () => owned.disposeAsync() }
})
