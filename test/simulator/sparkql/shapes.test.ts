import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { HOME_ID, matches, refusal } from './sample.ts'

const SQUARE = '45 -101, 45 -99, 47 -99, 47 -101'

function at(latitude: number | null, longitude: number | null) {
  return { Location: { Latitude: latitude, Longitude: longitude } }
}

describe('a shape holds', () => {
  test.each([
    [`polygon('${SQUARE}')`, 46, -100],
    [`polygon('${SQUARE}, 45 -101')`, 46, -100],
    [`polygon('${SQUARE}')`, 45, -100],
    [`polygon('${SQUARE}')`, 47, -99],
    ["polygon('0 0, 0 10, 10 10, 5 5, 10 0')", 9, 1],
    ["rectangle('45 -101, 47 -99')", 46, -100],
    ["rectangle('47 -99,45 -101')", 45, -101],
    ["radius('46 -100',70)", 47, -100],
    ["radius('46 -100',0.001)", 46, -100],
    [`radius('${HOME_ID}',70)`, 45, -100],
    ["linestring('45 -101, 47 -99')", 46, -100],
    ["wkt('POINT(-100 46)')", 46, -100],
    ["wkt('LINESTRING(-101 45, -99 47)')", 45.5, -100.5],
    ["wkt('SRID=4326;POLYGON((-101 45,-99 45,-99 47,-101 47,-101 45))')", 46, -100],
    ["wkt('MULTIPOLYGON(((0 0,1 0,1 1)),((-101 45,-99 45,-99 47,-101 47)))')", 46, -100],
    ["linestring('1 1, 2 2'),radius('46 -100',1)", 46, -100],
  ])('%s: %d, %d', (shape, latitude, longitude) => {
    expect(matches(`Location Eq ${shape}`, at(latitude, longitude))).toBe(true)
    expect(matches(`Location Ne ${shape}`, at(latitude, longitude))).toBe(false)
  })
})

describe('a shape does not hold', () => {
  test.each([
    [`polygon('${SQUARE}')`, 47.1, -100],
    ["polygon('0 0, 0 10, 10 10, 5 5, 10 0')", 9, 5],
    ["rectangle('45 -101, 47 -99')", 46, -98.9],
    ["radius('46 -100',68)", 47, -100],
    ["radius('20000101000000000000000000',10000)", 46, -100],
    ["linestring('45 -101, 47 -99')", 46, -100.01],
    [
      "wkt('POLYGON((-101 45,-99 45,-99 47,-101 47),(-100.1 45.9,-99.9 45.9,-99.9 46.1,-100.1 46.1))')",
      46,
      -100,
    ],
  ])('%s: %d, %d', (shape, latitude, longitude) => {
    expect(matches(`Location Eq ${shape}`, at(latitude, longitude))).toBe(false)
    expect(matches(`Location Ne ${shape}`, at(latitude, longitude))).toBe(true)
  })

  test.each([
    [at(46, null), true],
    [{ Location: null }, true],
    [{ Location: { Latitude: '********', Longitude: -100 } }, false],
  ])('what lies nowhere, or is masked: %j', (row, isNull) => {
    expect(matches("Location Eq rectangle('-90 -180, 90 180')", row)).toBe(false)
    expect(matches('Location Eq NULL', row)).toBe(isNull)
  })
})

test.each([
  ["Location Eq polygon('1 2,3 4')", '1 2,3 4'],
  ["Location Eq polygon('a b,c d,e f')", 'a b,c d,e f'],
  ["Location Eq rectangle('1 2')", '1 2'],
  ["Location Eq linestring('1 2')", '1 2'],
  ["Location Eq radius('1,2',3)", '1,2'],
  ["Location Eq radius('1 2,3 4',3)", '1 2,3 4'],
  ["Location Eq radius('2010000000000000000000000',3)", '2010000000000000000000000'],
  ["Location Eq radius('1 2',0)", '0'],
  ["Location Eq radius('1 2',-20.0)", '-20'],
  ["Location Eq wkt('POLYGON((45.2))')", 'POLYGON((45.2))'],
  ["Location Eq wkt('CIRCLE(1 2)')", 'CIRCLE(1 2)'],
  ["Location Gt radius('1 2',3)", 'Gt'],
  ["Location Eq radius('1 2',3),'x'", 'Eq'],
  ["Location Eq '46 -100'", 'Location'],
  ["City Eq radius('1 2',3)", 'City'],
  ["radius('1 2',3) Eq 1", 'radius'],
])('%s is refused', (filter, token) => {
  expect(refusal(filter)).toEqual([1040, token])
})

test('a rectangle holds what lies between its sides, in whatever order its corners come', () => {
  const degrees = fc.integer({ min: -40, max: 40 })
  fc.assert(
    fc.property(degrees, degrees, degrees, degrees, degrees, degrees, (a, b, c, d, latitude, longitude) => {
      const isBetween =
        latitude >= Math.min(a, c) &&
        latitude <= Math.max(a, c) &&
        longitude >= Math.min(b, d) &&
        longitude <= Math.max(b, d)
      const rectangle = `Location Eq rectangle('${a} ${b},${c} ${d}')`
      expect(matches(rectangle, at(latitude, longitude))).toBe(isBetween)
    }),
  )
})
