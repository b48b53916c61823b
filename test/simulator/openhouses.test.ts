import { describe, expect, test } from 'vitest'

import openHouses from '../../src/simulator/collections/openhouses.ts'
import { Simulator } from '../../src/simulator/simulator.ts'
import { NOW } from './spark-request.ts'

const DAY_MS = 86_400_000

function simulated() {
  const simulator = new Simulator({ listings: 300, collections: [openHouses], clock: () => NOW })
  const collection = simulator.collection('openhouses')
  if (collection === undefined) throw new Error('There are no open houses.')
  return { simulator, collection }
}

describe('simulated open houses', () => {
  test('are of listings, and of the two weeks to come', () => {
    const { simulator, collection } = simulated()
    const truth = [...collection.truth().values()]
    expect(truth).toHaveLength(30)
    for (const { ListingKey, OpenHouseEndTimestamp } of truth) {
      expect(simulator.truth().listings.has(String(ListingKey))).toBe(true)
      expect(Date.parse(String(OpenHouseEndTimestamp))).toBeGreaterThan(NOW)
      expect(Date.parse(String(OpenHouseEndTimestamp))).toBeLessThan(NOW + 15 * DAY_MS)
    }
  })

  test('write their times in three ways, each of which says the same as the timestamps', () => {
    const spellings = new Set<string>()
    for (const open of simulated().collection.truth().values()) {
      const { Date: day, StartTime: time, EndTime: end } = open as Record<string, string>
      const [, hour, minute, half = ''] = /^(\d{1,2}):(\d\d)(?: (am|pm|AM|PM)|-07:00)$/.exec(time ?? '') ?? []
      expect(end).toMatch(/^\d{1,2}:\d\d( am| pm| AM| PM|-07:00)$/)
      spellings.add(half === '' ? 'offset' : half === half.toUpperCase() ? 'AM' : 'am')
      const hours = half === '' ? Number(hour) : (Number(hour) % 12) + (/p/i.test(half) ? 12 : 0)
      const [month, date, year] = (day ?? '').split('/').map(Number)
      const at = Date.UTC(year ?? 0, (month ?? 0) - 1, date, hours + 7, Number(minute))
      expect(at).toBe(Date.parse(String(open['OpenHouseStartTimestamp'])))
    }
    expect([...spellings].sort()).toEqual(['AM', 'am', 'offset'])
  })

  test('go when they are over, postponed ones later, and no stamp moves (R9)', () => {
    const { simulator, collection } = simulated()
    const [first = '', second = ''] = [...collection.truth()]
      .toSorted(([, a], [, b]) => endOf(a) - endOf(b))
      .map(([key]) => key)
    collection.obey({ action: 'postpone', keys: [second] })
    const before = collection.truth()
    simulator.advanceClock(endOf(before.get(first) ?? {}) - NOW)
    expect(collection.gone).toEqual([first])
    expect([...collection.truth()]).toEqual([...before].filter(([key]) => key !== first))
    simulator.advanceClock(22 * DAY_MS)
    expect(collection.truth().size).toBe(0)
  })

  test('have another comment, which moves their stamp', () => {
    const { simulator, collection } = simulated()
    const [key = ''] = collection.obey({ action: 'comment' }).keys
    const first = collection.truth().get(key)
    simulator.advanceClock(1000)
    collection.obey({ action: 'comment', keys: [key] })
    const second = collection.truth().get(key)
    expect(second?.['Comments']).not.toBe(first?.['Comments'])
    expect(second?.['ModificationTimestamp']).not.toBe(first?.['ModificationTimestamp'])
  })
})

function endOf(open: Readonly<Record<string, unknown>>): number {
  return Date.parse(String(open['OpenHouseEndTimestamp']))
}
