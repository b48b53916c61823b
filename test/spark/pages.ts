/** Pages of all kinds, as bytes: well-formed ones, and such as no API would send. */
import * as fc from 'fast-check'

/** What a member's value may be, as JSON text. */
const NUMBERS = fc.constantFrom('0', '-0', '1.5', '1e5', '1e999', '90071992547409931234', '-9007199254740993')
const TEXTS = fc.oneof(
  { weight: 20, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }).map((text) => JSON.stringify(text)) },
  { weight: 20, arbitrary: fc.constantFrom('"\\u0041"', '"]}"', '"\\ud800"', '"Z\u00fcrich"') },
  fc.constantFrom('"\\x"', '"a\nb"'),
)
const NO_JSON = fc.constantFrom('nul', 'NaN', '01', '.5')

export const JSON_TEXTS: fc.Arbitrary<string> = fc.letrec<{ value: string; list: string; object: string }>(
  (tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      { weight: 10, arbitrary: fc.constantFrom('null', 'true', 'false') },
      { weight: 10, arbitrary: NUMBERS },
      { weight: 10, arbitrary: TEXTS },
      { weight: 10, arbitrary: tie('list') },
      { weight: 10, arbitrary: tie('object') },
      NO_JSON,
    ),
    list: fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
    object: fc
      .array(fc.tuple(TEXTS, tie('value')), { maxLength: 3 })
      .map((members) => `{${members.map(([name, value]) => `${name}:${value}`).join(',')}}`),
  }),
).value

const BLANKS = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom('', ' ', '\n\t', '\r') },
  fc.constant('\u00a0'),
)
/** One of so many has it. */
const SELDOM = 5

function seldom<T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: SELDOM, arbitrary: fc.constant(null) }, values)
}

function objectText(members: readonly (readonly [string, string])[], blank: string): string {
  const texts = members.map(([name, value]) => `${blank}${name}${blank}:${blank}${value}${blank}`)
  return `{${texts.join(',')}}`
}

/** Of a page with these rows, each as JSON text. */
function pageTexts(rows: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const results = fc
    .tuple(fc.array(rows, { maxLength: 6 }), BLANKS)
    .map(([texts, blank]) => `[${blank}${texts.join(`${blank},${blank}`)}${blank}]`)
  const members = fc
    .tuple(
      results,
      fc.shuffledSubarray(
        ['"SkipToken":"next"', '"Code":1500', '"Pagination":{"TotalRows":7}', '"Message":"]}"'],
        { minLength: 0 },
      ),
      seldom(
        fc.tuple(fc.constantFrom('"Results"', '"Result\\u0073"', '"__proto__"', '"SkipToken"'), JSON_TEXTS),
      ),
      fc.nat(6),
    )
    .map(([list, others, odd, at]) => {
      const all = ['"Success":true', ...others].map((text): [string, string] => {
        const colon = text.indexOf(':')
        return [text.slice(0, colon), text.slice(colon + 1)]
      })
      all.splice(Math.min(at, all.length), 0, ['"Results"', list])
      if (odd !== null) all.splice(at % (all.length + 1), 0, odd)
      return all
    })
  const around = seldom(fc.tuple(fc.constantFrom('"D"', '"\\u0044"', '"E"'), JSON_TEXTS, fc.boolean()))
  return fc.tuple(members, around, BLANKS).map(([d, other, blank]) => {
    const all: [string, string][] = [['"D"', objectText(d, blank)]]
    if (other !== null) {
      const [name, value, isFirst] = other
      if (isFirst) all.unshift([name, value])
      else all.push([name, value])
    }
    return `${blank}${objectText(all, blank)}${blank}`
  })
}

type Damage =
  | { readonly kind: 'none' }
  | { readonly kind: 'mark' }
  | { readonly kind: 'byte'; readonly at: number; readonly byte: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'twice'; readonly at: number; readonly length: number }

const DAMAGES: fc.Arbitrary<Damage> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Damage>({ kind: 'none' }) },
  fc.constant<Damage>({ kind: 'mark' }),
  fc.record({ kind: fc.constant('byte' as const), at: fc.nat(), byte: fc.nat(255) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('twice' as const), at: fc.nat(), length: fc.nat(40) }),
)

function damaged(page: Buffer, damage: Damage): Buffer {
  switch (damage.kind) {
    case 'none':
      return page
    case 'mark':
      return Buffer.concat([Buffer.from('\ufeff'), page])
    case 'byte': {
      const copy = Buffer.from(page)
      copy[damage.at % copy.length] = damage.byte
      return copy
    }
    case 'cut':
      return page.subarray(0, damage.at % page.length)
    case 'twice': {
      const at = damage.at % page.length
      return Buffer.concat([page.subarray(0, at + damage.length), page.subarray(at)])
    }
  }
}

export function pages(rows: fc.Arbitrary<string>): fc.Arbitrary<Buffer> {
  return fc.tuple(pageTexts(rows), DAMAGES).map(([text, damage]) => damaged(Buffer.from(text), damage))
}
