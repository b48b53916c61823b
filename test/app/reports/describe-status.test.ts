import { expect, test } from 'vitest'

import { describeStatus } from '../../../src/app/reports/describe-status.ts'
import { FEED_STATUS } from '../../../src/app/reports/feed-status.ts'
import { span } from '../../../src/app/reports/phrases.ts'

const LISTINGS_ALONE = { name: 'listings', hasStamp: true }
const NOW = Date.parse('2026-05-02T14:00:00Z')

test('a daemon that has nothing yet is shown with what is not known, and escapes of a foreign text act nowhere', () => {
  const lines = describeStatus(FEED_STATUS.parse({ prefix: 'spark\u001b]52;c;x\u0007' }), NOW)
  expect(lines).toHaveLength(13)
  expect(lines.join('\n')).not.toContain('\u001b')
  expect(lines).toContain('Live records  – (it is not known yet)')
  expect(lines).toContain('Freshness     – (no snapshot has begun)')
})

test('the scope is shown, and what has not been brought to it yet', () => {
  const line = (resource: object) =>
    describeStatus(
      FEED_STATUS.parse({ prefix: 'spark', resources: [{ name: 'listings', hasStamp: true, ...resource }] }),
      NOW,
    ).find((text) => text.startsWith('Scope'))
  expect(line({})).toBe('Scope         everything')
  const scope = { filter: "MlsId Eq '1'", select: ['City', 'ListPrice'], expand: 'CustomFieldsRaw' }
  expect(line({ scope, scopeState: 'purge_due' })).toBe(
    "Scope         listings: MlsId Eq '1'; fields City, ListPrice; with CustomFieldsRaw; what left it is not purged yet",
  )
  expect(line({ scopeState: 'snapshot_due' })).toContain(
    'listings: everything; the topic was filled by another',
  )
})

test('a feed whose first snapshot is under way is not called fresh', () => {
  const startedAt = '2026-05-02T13:50:00.000Z'
  const freshness = (completedAt: string | null) =>
    describeStatus(
      FEED_STATUS.parse({
        prefix: 'spark',
        watermarks: { listings: startedAt },
        passes: [
          {
            resource: 'listings',
            pass: 'snapshot',
            state: 'running',
            startedAt,
            completedAt,
            nextAt: null,
            walked: 1,
          },
        ],
      }),
      NOW,
    )
  expect(freshness(null)).toContain('Freshness     – (the first snapshot is not complete)')
  expect(freshness('2026-05-01T12:00:00.000Z')).toContain(
    'Freshness     all changes up to 10 min ago (2026-05-02T13:50:00.000Z)',
  )
})

test('what the API cannot show is not called fresh', () => {
  const [startedAt, completedAt] = ['2026-05-02T13:45:00.000Z', '2026-05-02T13:50:00.000Z']
  const snapshot = {
    resource: 'listings',
    pass: 'snapshot',
    state: 'completed',
    startedAt,
    completedAt,
    walked: 7,
  }
  const freshness = (seconds: readonly string[]) =>
    describeStatus(
      FEED_STATUS.parse({
        prefix: 'spark',
        passes: [snapshot],
        watermarks: { listings: completedAt },
        owedSeconds: { listings: seconds },
      }),
      NOW,
    )[4]
  const all = 'Freshness     all changes up to 10 min ago (2026-05-02T13:50:00.000Z)'
  const [late, early] = ['2026-05-02T09:00:07.000Z', '2026-05-01T09:00:00.000Z']
  expect(freshness([late])).toBe(`${all} but those of one second that the API cannot show (${late})`)
  expect(freshness([late, early])).toBe(
    `${all} but those of 2 seconds that the API cannot show (from ${early})`,
  )
})

test('changes that show up late stand beside how fresh the feed is, and what updates had missed beside the purge', () => {
  const [startedAt, completedAt] = ['2026-05-02T13:45:00.000Z', '2026-05-02T13:50:00.000Z']
  const ended = { resource: 'listings', state: 'completed', startedAt, completedAt, walked: 7 }
  const late = { resource: 'listings', overlapSeconds: 2_400, latenessSeconds: 1_080 }
  const lines = (lateArrivals: readonly object[]) =>
    describeStatus(
      FEED_STATUS.parse({
        prefix: 'spark',
        resources: [LISTINGS_ALONE],
        passes: [
          { ...ended, pass: 'snapshot' },
          {
            ...ended,
            pass: 'purge',
            compare: 'versions',
            missed: { same_stamp: 2 },
            reconciledAt: '2026-04-29T14:00:00.000Z',
          },
        ],
        watermarks: { listings: completedAt },
        lateArrivals,
      }),
      NOW,
    )
  expect(lines([late])[4]).toBe(
    'Freshness     all changes up to 10 min ago (2026-05-02T13:50:00.000Z); CHANGES SHOW UP LATE: those of listings up to 18 min behind the updates, which look back 40 min',
  )
  expect(lines([{ ...late, latenessSeconds: null }])[4]).toContain(
    '; CHANGES SHOWED UP LATE: updates of listings look back 40 min, and have seen too few changes since to say whether they still do',
  )
  expect(lines([])).toContain(
    'Purge         completed 10 min ago: 7 walked, missed by updates (2 same_stamp), all content compared 3 d ago',
  )
})

test('a decision on what a purge held is no purge that walked nothing: it says what was decided, and when a purge last ended', () => {
  const decided = (over: object) =>
    describeStatus(
      FEED_STATUS.parse({
        prefix: 'spark',
        resources: [LISTINGS_ALONE],
        passes: [
          {
            resource: 'listings',
            pass: 'purge',
            state: 'completed',
            startedAt: '2026-05-02T11:00:00.000Z',
            completedAt: '2026-05-01T14:00:00.000Z',
            nextAt: '2026-05-03T11:00:00.000Z',
            walked: 0,
            decidesOn: 'sweep-1',
            ...over,
          },
        ],
      }),
      NOW,
    ).find((line) => line.startsWith('Purge'))
  const head = 'Purge         held, begun 3 h ago, last completed 24 h ago; '
  const next = '; next in 21 h'
  expect(decided({ deletes: { emitted: 120, refuted: 1 } })).toBe(
    `${head}an operator approved sweep-1: 120 deleted, 1 still there${next}`,
  )
  expect(decided({ counts: { published: 589 } })).toBe(
    `${head}an operator approved sweep-1: 589 published${next}`,
  )
  expect(decided({ state: 'rejected' })).toBe(`${head}an operator rejected sweep-1${next}`)
  expect(decided({ state: 'held' })).toBe(`${head}more than an operator approved of sweep-1${next}`)
})

test('the requests of the last day and of the last minutes share a line, with what waits, what is granted and what does not fit', () => {
  const none = { update: 0, question: 0, media: 0, walk: 0 }
  const budget = { limit: 1_500, granted: 1_500, used: none, waiting: none, misfit: null }
  const line = (over: object) =>
    describeStatus(
      FEED_STATUS.parse({
        prefix: 'spark',
        apiRequests: { count: 3_120, since: '2026-05-01T14:00:00Z' },
        budget: { ...budget, ...over },
      }),
      NOW,
    ).at(-1)
  expect(line({})).toBe('API requests  3,120 in the last 24 h; 0 of 1,500 in the last 5 min')
  const used = { ...none, update: 12, walk: 1_300 }
  const waiting = { ...none, walk: 2 }
  expect(line({ used, waiting, granted: 900, misfit: 'It does not fit.' })).toBe(
    'API requests  3,120 in the last 24 h; 1,312 of 1,500 in the last 5 min (12 update, 1,300 walk); 2 walk wait; the API grants 900; It does not fit.',
  )
})

test('a republish has a line while it is not at its end', () => {
  const lines = (state: string) => {
    const passes = [
      { resource: 'listings', pass: 'republish', state, startedAt: '2026-05-02T13:50:00.000Z', walked: 7 },
    ]
    return describeStatus(FEED_STATUS.parse({ prefix: 'spark', passes }), NOW).filter((line) =>
      line.startsWith('Republish'),
    )
  }
  expect(lines('running')).toEqual(['Republish     listings: not at its end, begun 10 min ago: 7 walked'])
  expect(lines('completed')).toEqual([])
})

test('a walk that is under way is told with how far it is and when it will be done', () => {
  const passes = [
    {
      resource: 'listings',
      pass: 'snapshot',
      state: 'running',
      startedAt: '2026-05-02T13:50:00.000Z',
      walked: 12_000,
      outlook: { total: 98_000, percent: 12, secondsLeft: 4_800 },
    },
  ]
  expect(describeStatus(FEED_STATUS.parse({ prefix: 'spark', passes }), NOW)).toContain(
    'Snapshot      not at its end, begun 10 min ago: 12,000 of 98,000 (12 %), 80 min left',
  )
})

test('what lasts is told with since when, what is over with how long ago; the next try is that of the pass', () => {
  const trouble = { code: 'KAFKA_UNREACHABLE', message: 'No broker.', resource: 'listings', pass: 'update' }
  const at = '2026-05-02T13:50:00.000Z'
  const update = {
    resource: 'listings',
    pass: 'update',
    state: 'failed',
    startedAt: '2026-05-02T13:45:00.000Z',
    completedAt: '2026-05-02T12:00:00.000Z',
    nextAt: '2026-05-02T14:01:00.000Z',
    walked: 12_345,
  }
  const status = (lasts: boolean) =>
    describeStatus(
      FEED_STATUS.parse({ prefix: 'spark', passes: [update], lastError: { ...trouble, at, lasts } }),
      NOW,
    )
  expect(status(true)).toContain('Last error    KAFKA_UNREACHABLE of update, for 10 min: No broker.')
  expect(status(false)).toContain('Last error    KAFKA_UNREACHABLE of update, 10 min ago: No broker.')
  expect(status(true)).toContain(
    'Update        failed, begun 15 min ago, last completed 2 h ago: 12,345 walked; next in 60 s',
  )
})

test('a pass that stands still says why and when it is tried again, and so does one that never began', () => {
  const update = {
    resource: 'listings',
    pass: 'update',
    state: 'running',
    startedAt: '2026-05-02T13:45:00.000Z',
    walked: 7,
  }
  const [since, retryAt] = ['2026-05-02T13:50:00.000Z', '2026-05-02T14:01:00.000Z']
  const parked = ['update', 'purge'].map((pass) => {
    return { resource: 'listings', pass, code: 'SPARK_OUTAGE', since, retryAt }
  })
  const lines = describeStatus(FEED_STATUS.parse({ prefix: 'spark', passes: [update], parked }), NOW)
  const mark = 'PARKED by SPARK_OUTAGE for 10 min; next try in 60 s'
  expect(lines).toContain(`Update        not at its end, begun 15 min ago: 7 walked; ${mark}`)
  const alone = FEED_STATUS.parse({ prefix: 'spark', parked, resources: [LISTINGS_ALONE] })
  expect(describeStatus(alone, NOW)).toContain(`Purge         never; ${mark}`)
})

test('a purge that is not believed says why, and one that was resumed says so', () => {
  const startedAt = '2026-05-02T13:50:00.000Z'
  const purge = { resource: 'listings', pass: 'purge', state: 'failed', startedAt, walked: 40 }
  const line = (more: object): string | undefined => {
    const status = { prefix: 'spark', resources: [LISTINGS_ALONE], passes: [{ ...purge, ...more }] }
    return describeStatus(FEED_STATUS.parse(status), NOW).find((text) => text.startsWith('Purge'))
  }
  expect(line({ sweepDoubt: 'short_count' })).toBe(
    'Purge         failed, begun 10 min ago: 40 walked; inconclusive: short_count',
  )
  expect(line({ state: 'held', resumed: true })).toBe(
    'Purge         held, begun 10 min ago, resumed: 40 walked',
  )
})

test('the first purge to come is told before it has begun', () => {
  const firstPurgeAt = { listings: '2026-05-03T10:00:00.000Z' }
  const lines = describeStatus(
    FEED_STATUS.parse({ prefix: 'spark', resources: [LISTINGS_ALONE], firstPurgeAt }),
    NOW,
  )
  expect(lines).toContain('Purge         never; next in 20 h')
  expect(lines).toContain('Update        never')
})

test('of several resources each is told by its name; one without stamps is as fresh as its last full walk', () => {
  const pass = (resource: string, kind: string, over: object = {}) => {
    const [startedAt, completedAt] = ['2026-05-02T13:45:00.000Z', '2026-05-02T13:50:00.000Z']
    return { resource, pass: kind, state: 'completed', startedAt, completedAt, walked: 7, ...over }
  }
  const resources = [
    { name: 'listings', hasStamp: true },
    { name: 'tours', hasStamp: false },
  ]
  const passes = [pass('listings', 'snapshot'), pass('listings', 'update'), pass('tours', 'purge')]
  const watermarks = { listings: '2026-05-02T13:50:00.000Z' }
  const held = [
    { resource: 'listings', deletes: 12, why: 'too many' },
    { resource: 'tours', deletes: 1_300, why: null },
  ]
  const trouble = { code: 'SPARK_OUTAGE', message: 'No.', resource: 'tours', pass: 'purge' }
  const lastError = { ...trouble, at: '2026-05-02T13:50:00.000Z', lasts: true }
  const liveRecords = { count: 12_345, why: null, byResource: { listings: 12_000, tours: 345 } }
  const known = { prefix: 'spark', resources, passes, watermarks, held, lastError, liveRecords }
  const lines = describeStatus(FEED_STATUS.parse(known), NOW)
  expect(lines.slice(4, 12)).toEqual([
    'Freshness     – (the first snapshot of tours is not complete)',
    'Live records  12,345: 12,000 listings, 345 tours',
    'Snapshot      listings: completed 10 min ago: 7 walked',
    '              tours: never',
    'Update        listings: completed 10 min ago: 7 walked',
    'Purge         listings: never',
    '              tours: completed 10 min ago: 7 walked',
    'Held deletes  12 of listings (too many); "listingstream purge --dry-run" shows them; 1,300 of tours; "listingstream purge --dry-run --resource tours" shows them',
  ])
  expect(lines[12]).toBe('Last error    SPARK_OUTAGE of purge of tours, for 10 min: No.')

  const records = { resource: 'tours', pass: 'update', deletes: 0, records: 1_200, why: 'masked', sweep: 'u' }
  const masked = FEED_STATUS.parse({ ...known, held: [records] })
  expect(describeStatus(masked, NOW).slice(11, 13)).toEqual([
    'Held deletes  none',
    'Held records  1,200 of tours by the update (masked); "listingstream purge show u --resource tours" shows them',
  ])

  const complete = FEED_STATUS.parse({ ...known, passes: [...passes, pass('tours', 'snapshot')] })
  expect(describeStatus(complete, NOW)).toContain(
    'Freshness     all changes up to 10 min ago (2026-05-02T13:50:00.000Z); tours by the full walk that ended 10 min ago',
  )
  const alone = { prefix: 'spark', resources: resources.slice(1), passes: [pass('tours', 'snapshot')] }
  const ofTours = describeStatus(FEED_STATUS.parse(alone), NOW)
  expect(ofTours).toContain('Freshness     tours by the full walk that ended 10 min ago')
  expect(ofTours).toContain('Update        –')
  expect(ofTours).toHaveLength(13)
  // A content reconcile takes the place of a full walk.
  const later = { ...pass('tours', 'purge'), completedAt: '2026-05-02T13:59:00.000Z' }
  for (const [compare, age] of [
    ['content', '60 s'],
    ['versions', '10 min'],
  ]) {
    const reconciled = { ...alone, passes: [...alone.passes, { ...later, compare }] }
    expect(describeStatus(FEED_STATUS.parse(reconciled), NOW)).toContain(
      `Freshness     tours by the full walk that ended ${age} ago`,
    )
  }
})

test('sets have lines of their own: how far their fill is, what is owed, and who refuses them', () => {
  const pass = (resource: string, kind: string, over: object = {}) => {
    const [startedAt, completedAt] = ['2026-05-02T13:45:00.000Z', '2026-05-02T13:50:00.000Z']
    return { resource, pass: kind, state: 'completed', startedAt, completedAt, walked: 7, ...over }
  }
  const set = (name: string, over: object = {}) => {
    return { name, parent: 'listings', live: 7, owed: 0, refusedBy: [], ...over }
  }
  const refusal = { mlsId: '2000', code: 'SPARK_NOT_PERMITTED', message: 'No.' }
  const running = { state: 'running', completedAt: null }
  const status = FEED_STATUS.parse({
    prefix: 'spark',
    resources: [LISTINGS_ALONE],
    watermarks: { listings: '2026-05-02T13:50:00.000Z' },
    sets: [
      set('listing-photos', { owed: 88_000 }),
      set('listing-videos', { owed: 2, refusedBy: [refusal] }),
      set('listing-documents', { live: null, owed: null }),
      set('listing-rooms'),
    ],
    passes: [
      pass('listings', 'snapshot'),
      pass('listing-photos', 'snapshot', {
        ...running,
        walked: 12_000,
        outlook: { total: 100_000, percent: 12, secondsLeft: 600 },
      }),
      pass('listing-videos', 'snapshot'),
      pass('listing-videos', 'update'),
      pass('listing-rooms', 'snapshot', { nextAt: '2026-05-08T14:00:00.000Z' }),
    ],
  })
  const lines = describeStatus(status, NOW)
  expect(lines).toContain('Freshness     all changes up to 10 min ago (2026-05-02T13:50:00.000Z)')
  expect(lines.slice(9, 13)).toEqual([
    'Sets          listing-photos: 7; fill not at its end, begun 15 min ago: 12,000 of 100,000 (12 %), 10 min left',
    '              listing-videos: 7; fill completed 10 min ago: 7 walked; 2 owed; REFUSED by SPARK_NOT_PERMITTED for MLS 2000: asked again within a day, or at once by "listingstream update --resource listing-videos"',
    '              listing-documents: –; not filled yet',
    '              listing-rooms: 7; fill completed 10 min ago: 7 walked; next in 6 d',
  ])
})

test.each([
  [0, '0 s'],
  [119_000, '119 s'],
  [120_000, '2 min'],
  [7_199_000, '120 min'],
  [7_200_000, '2 h'],
  [48 * 3_600_000, '2 d'],
])('%i ms are %s', (ms, text) => expect(span(ms)).toBe(text))

test('what is paused has no next time, and the snapshot of what has updates never has one', () => {
  const at = '2026-05-02T13:50:00.000Z'
  const pass = (resource: string, name: string, fields: object = {}) => {
    return { resource, pass: name, state: 'completed', startedAt: at, completedAt: at, walked: 3, ...fields }
  }
  const feed = {
    prefix: 'spark',
    resources: [LISTINGS_ALONE],
    sets: [{ name: 'listing-photos', parent: 'listings', live: 4, owed: 0, refusedBy: [] }],
    passes: [
      pass('listings', 'snapshot'),
      pass('listings', 'update'),
      pass('listing-photos', 'snapshot'),
      pass('listing-photos', 'update'),
    ],
    paused: [{ resource: 'listings', since: at, until: '2026-05-02T16:00:00.000Z' }],
  }
  const lines = describeStatus(FEED_STATUS.parse(feed), NOW)
  const line = (name: string): string => lines.find((text) => text.startsWith(name)) ?? expect.unreachable()
  expect(line('Snapshot')).toBe('Snapshot      completed 10 min ago: 3 walked')
  expect(line('Update')).toMatch(/3 walked; paused$/)
  expect(line('Purge')).toBe('Purge         never; paused')
  expect(line('Sets')).toMatch(/3 walked; paused$/)
  const parked = [{ resource: 'listings', pass: 'update', code: 'X', since: at, retryAt: at }]
  expect(describeStatus(FEED_STATUS.parse({ ...feed, parked }), NOW).join('\n')).toContain(
    'PARKED by X for 10 min; paused',
  )
})
