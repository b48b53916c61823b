import { describe, expect, test } from 'vitest'

import { compileFilter } from '../../../src/simulator/sparkql/filter.ts'
import { matches, refusal, SAMPLES } from './sample.ts'
import type { Sample } from './sample.ts'

const ROW: Sample = {
  City: ' Fargo ',
  Beds: -7,
  Price: 2.5,
  Pool: true,
  Day: '2024-02-29',
  At: '2024-03-01T05:04:03Z',
  View: { Lake: true },
}

describe('a function of a field', () => {
  test.each([
    ['length(City)', '7'],
    ['tolower(City)', "' fargo '"],
    ['toupper(City)', "' FARGO '"],
    ['trim(City)', "'Fargo'"],
    ["concat(City,'x')", "' Fargo x'"],
    ["indexof(City,'argo')", '2'],
    ["indexof(City,'z')", '-1'],
    ['substring(City,2)', "'argo '"],
    ['substring(City,2,3)', "'arg'"],
    ['substring(City,-3,2)', "'go'"],
    ['substring(City,9)', "''"],
    ["substring(City,length('ab'),3)", "'arg'"],
    ['round(Price)', '3'],
    ['floor(Price)', '2'],
    ['ceiling(Price)', '3'],
    ['floor(Beds)', '-7'],
    ["cast(Price,'character')", "'2.5'"],
    ["cast(Price,'integer')", '2'],
    ["cast(Beds,'decimal')", '-7.0'],
    ["cast(City,'integer')", 'NULL'],
    ["cast(Day,'character')", "'2024-02-29'"],
    ["cast(At,'character')", "'2024-03-01T05:04:03Z'"],
    ["cast(Pool,'character')", "'true'"],
    ["cast(month(Day),'character')", "'2'"],
    ['year(Day)', '2024'],
    ['month(Day)', '2'],
    ['day(Day)', '29'],
    ['dayofweek(Day)', '5'],
    ['dayofyear(Day)', '60'],
    ['hour(Day)', '0'],
    ['date(Day)', '2024-02-29'],
    // Where the source is, it is still the day before.
    ['date(At)', '2024-02-29'],
    ['date(At)', 'date(2024-02-29T10:22:15.111-0100)'],
    ['time(At)', '23:04:03'],
    ['time(At)', 'time(2020-01-01T23:04:03Z)'],
    ['year(At)', '2024'],
    ['day(At)', '29'],
    ['hour(At)', '23'],
    ['minute(At)', '4'],
    ['second(At)', '3'],
    ['fractionalseconds(At)', '0'],
    ['tolower(View)', "'lake'"],
    ['toupper(trim(tolower(City)))', "'FARGO'"],
    ["concat(trim(City),concat('b','c'))", "'Fargobc'"],
    ['year(Day) Add 1', '2025'],
    ['length(City) Mul 2 Sub 1', '13'],
  ])('%s Eq %s', (left, value) => {
    expect(matches(`${left} Eq ${value}`, ROW)).toBe(true)
    expect(matches(`${left} Ne ${value}`, ROW)).toBe(false)
  })

  test('is compared like a field of its type', () => {
    expect(matches('year(At) Bt 2023,2024', ROW)).toBe(true)
    expect(matches('date(At) Gt days(-3)', ROW)).toBe(false)
    expect(matches('time(At) Gt 23:04', ROW)).toBe(true)
    expect(matches('fractionalseconds(At) Le 1', ROW)).toBe(true)
  })
})

describe('a function of literals', () => {
  test.each([
    ["length('a🏡')", 2],
    ["length('it\\'s')", 4],
    ['round(0.5)', 1],
    ['round(-0.5)', -1],
    ['round(2.5)', 3],
    ['ceiling(-0.5)', 0],
    ['floor(-0.5)', -1],
    ["cast('1','integer')", 1],
    ["cast(1.9,'integer')", 1],
    ["cast(-1.9,'integer')", -1],
    ["cast(NULL,'integer')", 0],
    ["cast('1.1.1','integer')", null],
    ['year(2024-02-29)', 2024],
    ['hour(2024-02-29T23:00:00Z)', 23],
    ["indexof('🏡a','a')", 1],
    ["-length('abc')", -3],
    ["1 Add length('asdf')", 5],
    ['1 Add floor(2.3)', 3],
  ])('Beds Eq %s: %s', (value, expected) => {
    expect(matches(`Beds Eq ${value}`, { Beds: expected })).toBe(true)
    expect(matches(`Beds Eq ${value}`, { Beds: expected === null ? 0 : expected + 1 })).toBe(false)
  })

  test.each([
    ["tolower('STRING')", 'string'],
    ["toupper('string')", 'STRING'],
    ["trim(' a ')", 'a'],
    ["concat('a','b')", 'ab'],
    ["substring('abcd',1)", 'bcd'],
    ["substring('abcd',1,2)", 'bc'],
    ["substring('abcd',9)", ''],
    ["substring('abcd',-2)", 'cd'],
    ["substring('abcd',-9)", ''],
    ["cast(1.5,'character')", '1.5'],
    ["cast(NULL,'character')", ''],
  ])('City Eq %s: %s', (value, expected) => {
    expect(matches(`City Eq ${value}`, { City: expected })).toBe(true)
    expect(matches(`City Eq 'x',${value}`, { City: expected })).toBe(true)
    expect(matches(`City Eq ${value}`, { City: `${expected}!` })).toBe(false)
  })
})

describe('a test of texts', () => {
  test.each([
    ["startswith('Far')", true],
    ["startswith('far')", false],
    ["endswith('go')", true],
    ["endswith('Far')", false],
    ["contains('arg')", true],
    ["contains('a.g')", false],
    ["regex('^F[aeiou]r')", true],
    ["regex('^f')", false],
    ["regex('^f','i')", true],
    ["range('F','G')", true],
    ["range('Fargo','Fargo')", true],
    ["range('Fb','G')", false],
    ["'x',startswith('Far')", true],
    ["startswith('x'),'Fargo'", true],
  ])('City Eq %s: %s', (value, expected) => {
    expect(matches(`City Eq ${value}`, { City: 'Fargo' })).toBe(expected)
    expect(matches(`City Ne ${value}`, { City: 'Fargo' })).toBe(!expected)
    expect(matches(`City Eq ${value}`, { City: null })).toBe(false)
  })
})

describe('a function that is wrong is refused, and named:', () => {
  test.each([
    ['bogus(City) Eq 1', 'bogus'],
    ['Beds Eq bogus(1)', 'bogus'],
    ['constructor(City) Eq 1', 'constructor'],
    ['At Eq now(1)', 'now'],
    ['Day Eq days()', 'days'],
    ["Day Eq days('1')", 'days'],
    ['Day Eq days(1.5)', 'days'],
    ['Beds Eq round(1)', 'round'],
    ['tolower(length(City)) Eq 1', 'tolower'],
    ['round(City) Eq 1', 'round'],
    ['year(Beds) Eq 1', 'year'],
    ['tolower(Beds) Eq 1', 'tolower'],
    ["concat('a',City) Eq 'b'", 'concat'],
    ["concat(City,City) Eq 'b'", 'concat'],
    ["City Eq substring('abc',1,-1)", '-1'],
    ["cast(Price,'boolean') Eq 1", 'cast'],
    ["Beds Eq cast('1','field')", 'cast'],
    ["Beds Gt cast('x','integer')", 'Gt'],
    ["City Eq regex('[1234','')", '[1234'],
    ["City Eq regex('a','x')", 'a'],
    ["regex(City) Eq 'a'", 'regex'],
    ["regex('a') Eq 'a'", 'regex'],
    ["City Gt range('a','b')", 'Gt'],
    ['City Eq range(1,2)', 'range'],
    ["Beds Eq startswith('1')", 'Beds'],
    ['Beds Eq tolower(Price)', 'Price'],
    ['all(tolower(View)) Eq 1', 'all'],
    ['tolower(all(View)) Eq 1', 'all'],
    ['year(Day) Eq 2024-02-29', 'Day'],
    ['At Eq now() Add 1', 'now'],
    ['Day Eq years(99999)', '99999'],
  ])('%s', (filter, token) => {
    expect(refusal(filter)?.[1]).toBe(token)
  })
})

/** The one date or datetime that `At` or `Day` equals. */
function at(value: string, now: string, row: Sample): boolean {
  const context = { ...SAMPLES, now: () => Date.parse(now) }
  const field = 'Day' in row ? 'Day' : 'At'
  return compileFilter(`${field} Eq ${value}`, context).matches(row)
}

describe('by the clock of the source,', () => {
  test.each([
    ['now()', '2021-12-31T06:01:02Z'],
    ['seconds(7)', '2021-12-31T06:01:09Z'],
    ['seconds(-3)', '2021-12-31T06:00:59Z'],
    ['minutes(-2)', '2021-12-31T05:59:02Z'],
    ['minutes(1440)', '2022-01-01T06:01:02Z'],
    ['hours(52)', '2022-01-02T10:01:02Z'],
    ['hours(-8760)', '2020-12-31T06:01:02Z'],
    ['mindatetime()', '1970-01-01T00:00:00Z'],
    ['maxdatetime()', '9999-12-31T23:59:59Z'],
  ])('%s is %s', (value, expected) => {
    expect(at(value, '2021-12-31T06:01:02.123Z', { At: expected })).toBe(true)
  })

  test.each([
    // Where the source is, it is still the 30th.
    ['days(0)', '2021-12-31T05:59:59Z', '2021-12-30'],
    ['days(0)', '2021-12-31T06:00:00Z', '2021-12-31'],
    ['days(1)', '2021-12-31T06:00:00Z', '2022-01-01'],
    ['days(-31)', '2021-12-31T06:00:00Z', '2021-11-30'],
    ['months(2)', '2021-12-31T06:00:00Z', '2022-02-28'],
    ['months(-1)', '2021-12-31T06:00:00Z', '2021-11-30'],
    ['months(-12)', '2021-12-31T06:00:00Z', '2020-12-31'],
    ['years(2)', '2022-02-28T06:00:00Z', '2024-02-28'],
    ['years(-1)', '2024-02-29T06:00:00Z', '2023-02-28'],
    ['now()', '2021-12-31T05:59:59Z', '2021-12-30'],
  ])('%s at %s is %s', (value, now, expected) => {
    expect(at(value, now, { Day: expected })).toBe(true)
  })

  describe.each([
    [
      'Thursday',
      '2026-04-30',
      { '-5': '04-23', '-4': '04-24', '-1': '04-29', 0: '04-30', 1: '05-01', 2: '05-04', 5: '05-07' },
    ],
    [
      'Friday',
      '2026-05-01',
      { '-5': '04-24', '-1': '04-30', 0: '05-01', 1: '05-04', 5: '05-08', 6: '05-11', 31: '06-15' },
    ],
    [
      'Saturday',
      '2026-05-02',
      {
        '-6': '04-24',
        '-5': '04-27',
        '-1': '05-01',
        0: '05-04',
        1: '05-04',
        4: '05-07',
        5: '05-08',
        6: '05-11',
      },
    ],
    [
      'Sunday',
      '2026-05-03',
      { '-6': '04-24', '-5': '04-27', '-1': '05-01', 0: '05-04', 1: '05-04', 5: '05-08', 6: '05-11' },
    ],
    ['Monday', '2026-05-04', { '-6': '04-24', '-1': '05-01', 0: '05-04', 4: '05-08', 5: '05-11' }],
  ])('on a %s', (_, today, expected) => {
    test.each(Object.entries(expected))('weekdays(%i) is %s', (count, day) => {
      expect(at(`weekdays(${count})`, `${today}T18:00:00Z`, { Day: `2026-${day}` })).toBe(true)
    })
  })
})

describe('literals are calculated without the errors of binary fractions:', () => {
  test.each([
    ['0.1 Add 0.2', 0.3],
    ['0.3 Sub 0.1', 0.2],
    ['7 Mul 0.1', 0.7],
    ['0.6 Div 0.2', 3],
    ['7 Div 10.1', 0.693_069_306_930_693],
    ['32.7 Mod 20.7', 12],
    ['-7 Mod 2.0', 1],
    ['7.5 Mod -2', -0.5],
    ['5 Div 10.0', 0.5],
    ['5 Div 10', 0],
    ['-7 Div 2', -4],
    ['-7 Mod 2', 1],
    ['50 Add 5 Mul 5', 75],
    ['5 Mul 5 Add 50', 75],
    ['50 add 5 div 5', 51],
    ['10 Sub 2.0 Sub 3', 5],
    ['(5 Sub 5) Mul 5', 0],
    ['-(1 Add 2) Mul 3', -9],
    ['1.0E20 Add 1', 1e20 + 1],
  ])('Price Eq %s: %s', (value, expected) => {
    expect(matches(`Price Eq ${value}`, { Price: expected })).toBe(true)
    expect(matches(`Price Eq ${value}`, { Price: expected + 0.5 })).toBe(expected > 1e15)
  })

  test('so are fields', () => {
    expect(matches('Price Add 0.2 Eq 0.3', { Price: 0.1 })).toBe(true)
    expect(matches('Price Mul 3 Eq 0.3', { Price: 0.1 })).toBe(true)
    expect(matches('Price Mul 10 Ge 1', { Price: 1e308 })).toBe(false)
  })
})
