import { describe, expect, test } from 'vitest'

import { RegistryRefused } from '../../src/events/registry/registry-errors.ts'
import type { Change } from '../../src/domain/change.ts'
import { instant } from '../../src/domain/instant.ts'
import { passId } from '../../src/domain/pass.ts'
import { LISTINGS } from '../../src/resources/listings.ts'
import { Metrics } from '../../src/ops/metrics.ts'
import { ListingstreamError } from '../../src/support/errors.ts'
import { OFFICES } from '../fixtures/resources.ts'
import { progressOf } from '../fixtures/pass-progress.ts'
import { pageOf } from './progress.ts'

const upsert = upsertWith([])
const deletion = { kind: 'deletion' } as Change

function upsertWith(unmapped: readonly string[]): Change {
  return { kind: 'upsert', content: { unmapped } } as unknown as Change
}

function metricsAt(clock: { now: number; monotonic: number }) {
  const metrics = new Metrics({
    now: () => clock.now,
    monotonic: () => clock.monotonic,
  })
  const sample = async (name: string) =>
    (await metrics.text())
      .split('\n')
      .find((line) => line.startsWith(`listingstream_${name} `))
      ?.split(' ')[1]
  return { metrics, sample }
}

describe('Metrics', () => {
  test('each record is counted under its outcome (R11), each event under topic and type', async () => {
    const { metrics, sample } = metricsAt({ now: 0, monotonic: 0 })
    const counts = { published: 3, unchanged: 5, stale: 1, dead_lettered: 0 }
    metrics.pageCommitted(progressOf(), pageOf([upsert, deletion, upsert], counts))
    expect(await sample('records_total{resource="listings",outcome="published"}')).toBe('3')
    expect(await sample('records_total{resource="listings",outcome="unchanged"}')).toBe('5')
    expect(await sample('events_total{topic="listings",type="ListingUpserted"}')).toBe('2')
    expect(await sample('events_total{topic="listings",type="ListingDeleted"}')).toBe('1')
  })

  test('events are counted under the names that their resource gives them', async () => {
    const { metrics, sample } = metricsAt({ now: 0, monotonic: 0 })
    const counts = { published: 2, unchanged: 0, stale: 0, dead_lettered: 0 }
    const progress = progressOf({ resource: OFFICES.name })
    metrics.pageCommitted(progress, [{ resource: OFFICES, changes: [upsert, deletion, upsert], counts }])
    expect(await sample('events_total{topic="offices",type="OfficeUpserted"}')).toBe('2')
    expect(await sample('events_total{topic="offices",type="OfficeDeleted"}')).toBe('1')
    expect(await sample('records_total{resource="offices",outcome="published"}')).toBe('2')
  })

  test('sweeps are counted by what came of them, inconclusive ones by their reason', async () => {
    const { metrics, sample } = metricsAt({ now: 0, monotonic: 0 })
    const purge = progressOf({ pass: 'purge' })
    metrics.sweepJudged(purge, 'inconclusive', 'short_count')
    metrics.sweepJudged(purge, 'inconclusive', 'timeout')
    metrics.sweepJudged(purge, 'held', null)
    const sweeps = (verdict: string, reason: string) =>
      sample(`sweeps_total{resource="listings",verdict="${verdict}",reason="${reason}"}`)
    expect(await sweeps('inconclusive', 'short_count')).toBe('1')
    expect(await sweeps('inconclusive', 'timeout')).toBe('1')
    expect(await sweeps('held', 'none')).toBe('1')
  })

  test('rows of large pages are counted by what the transcoder made of them', async () => {
    const { metrics, sample } = metricsAt({ now: 0, monotonic: 0 })
    metrics.rowsRead(LISTINGS.name, { transcoded: 7, declined: new Map([['escape', 2]]) })
    metrics.rowsRead(LISTINGS.name, { transcoded: 1, declined: new Map([['page', 5]]) })
    const rows = (result: string) => sample(`transcoder_rows_total{resource="listings",result="${result}"}`)
    expect([await rows('transcoded'), await rows('escape'), await rows('page')]).toEqual(['8', '2', '5'])
  })

  test('owed seconds are those that the last update left, also of an earlier process', async () => {
    const { metrics, sample } = metricsAt({ now: 0, monotonic: 0 })
    const owedSeconds = [instant(1_000), instant(2_000)]
    metrics.passRecovered(progressOf({ state: 'completed', owedSeconds }))
    expect(await sample('owed_seconds{resource="listings"}')).toBe('2')
    metrics.pageCommitted(progressOf({ owedSeconds: [instant(2_000)] }), [])
    metrics.passEnded(progressOf({ pass: 'snapshot', state: 'completed' }))
    expect(await sample('owed_seconds{resource="listings"}')).toBe('1')
    metrics.passEnded(progressOf({ state: 'completed' }))
    expect(await sample('owed_seconds{resource="listings"}')).toBe('0')
  })

  test('what updates had missed is counted when the pass ends that found it, by reason, and nothing of others', async () => {
    const { metrics, sample } = metricsAt({ now: 0, monotonic: 0 })
    const sweep = progressOf({ pass: 'purge', state: 'held', missed: { newer_stamp: 2, same_stamp: 1 } })
    metrics.pageCommitted({ ...sweep, state: 'running' }, [])
    expect(await sample('missed_total{resource="listings",reason="same_stamp"}')).toBeUndefined()
    metrics.passEnded(sweep)
    metrics.passEnded({ ...sweep, missed: { same_stamp: 3 } })
    metrics.passEnded(progressOf({ state: 'completed' }))
    expect(await sample('missed_total{resource="listings",reason="newer_stamp"}')).toBe('2')
    expect(await sample('missed_total{resource="listings",reason="same_stamp"}')).toBe('4')
  })

  test('how late changes were seen is a histogram, and how far updates look back a gauge (R4)', async () => {
    const { metrics, sample } = metricsAt({ now: 0, monotonic: 0 })
    metrics.changesArrived(LISTINGS.name, [5_000, 1_100_000])
    metrics.overlapReviewed(LISTINGS.name, {
      overlap: 2_400_000,
      setting: 1_200_000,
      lateness: null,
      isLate: true,
    })
    expect(await sample('arrival_delay_seconds_bucket{le="10",resource="listings"}')).toBe('1')
    expect(await sample('arrival_delay_seconds_count{resource="listings"}')).toBe('2')
    expect(await sample('update_overlap_seconds{resource="listings"}')).toBe('2400')
  })

  test('the age of the watermark is that of the moment of the scrape (R4)', async () => {
    const clock = { now: 100_000, monotonic: 0 }
    const { metrics, sample } = metricsAt(clock)
    expect(await sample('watermark_age_seconds{resource="listings"}')).toBeUndefined()
    metrics.watermarkMoved(LISTINGS.name, instant(70_000))
    expect(await sample('watermark_timestamp_seconds{resource="listings"}')).toBe('70')
    expect(await sample('watermark_age_seconds{resource="listings"}')).toBe('30')
    clock.now = 130_000
    expect(await sample('watermark_age_seconds{resource="listings"}')).toBe('60')
  })

  test('the duration of a pass that was parked in between counts from its first start', async () => {
    const clock = { now: 0, monotonic: 0 }
    const { metrics, sample } = metricsAt(clock)
    metrics.passStarted(progressOf())
    clock.monotonic = 4000
    metrics.passStarted(progressOf())
    clock.monotonic = 9000
    metrics.passEnded(progressOf({ state: 'completed' }))
    expect(await sample('pass_duration_seconds_sum{resource="listings",pass="update"}')).toBe('9')
    expect(await sample('passes_total{resource="listings",pass="update",state="completed"}')).toBe('1')
  })

  test('a pass that ended before this process saw its start has no duration', async () => {
    const { metrics, sample } = metricsAt({ now: 0, monotonic: 0 })
    metrics.passStarted(progressOf({ passId: passId('other') }))
    metrics.passEnded(progressOf({ state: 'completed' }))
    expect(await sample('pass_duration_seconds_count{resource="listings",pass="update"}')).toBeUndefined()
  })

  test('what is paused is shown while it lasts', async () => {
    const time = { now: 0, monotonic: 0 }
    const { metrics, sample } = metricsAt(time)
    const since = instant(0)
    metrics.pausesChanged([
      { resource: null, since, until: instant(10) },
      { resource: LISTINGS.name, since, until: null },
    ])
    expect(await sample('paused{resource="all"}')).toBe('1')
    time.now = 10
    expect(await sample('paused{resource="all"}')).toBeUndefined()
    expect(await sample('paused{resource="listings"}')).toBe('1')
    metrics.pausesChanged([])
    expect(await sample('paused{resource="listings"}')).toBeUndefined()
  })

  test('held deletes stay until the next sweep that comes to a verdict (R10)', async () => {
    const { metrics, sample } = metricsAt({ now: 0, monotonic: 0 })
    const purge = progressOf({ pass: 'purge' })
    expect(await sample('deletes_held{resource="listings"}')).toBeUndefined()
    metrics.passEnded({ ...purge, state: 'held', deletes: { ...purge.deletes, held: 700 } })
    expect(await sample('deletes_held{resource="listings"}')).toBe('700')
    metrics.passEnded({ ...purge, state: 'failed' })
    expect(await sample('deletes_held{resource="listings"}')).toBe('700')
    metrics.passEnded({ ...purge, state: 'completed' })
    expect(await sample('deletes_held{resource="listings"}')).toBe('0')
  })

  test('held records are told by pass, and stay until the next one of its kind that comes to a verdict (R10)', async () => {
    const { metrics, sample } = metricsAt({ now: 0, monotonic: 0 })
    const update = progressOf({ pass: 'update' })
    const held = { ...update, reread: { ...update.reread, held: 300 } }
    metrics.passRecovered(held)
    expect(await sample('records_held{resource="listings",pass="update"}')).toBe('300')
    metrics.passEnded({ ...update, state: 'failed' })
    metrics.passEnded(progressOf({ pass: 'snapshot', state: 'completed' }))
    expect(await sample('records_held{resource="listings",pass="update"}')).toBe('300')
    metrics.passEnded({ ...update, state: 'completed' })
    expect(await sample('records_held{resource="listings",pass="update"}')).toBe('0')
  })

  test('a hold that an earlier process left is held still (R10)', async () => {
    const { metrics, sample } = metricsAt({ now: 0, monotonic: 0 })
    const purge = progressOf({ pass: 'purge', state: 'running' })
    metrics.passRecovered({ ...purge, deletes: { ...purge.deletes, held: 30 } })
    metrics.passRecovered(progressOf({ pass: 'update' }))
    expect(await sample('deletes_held{resource="listings"}')).toBe('30')
    metrics.passEnded({ ...purge, state: 'completed' })
    expect(await sample('deletes_held{resource="listings"}')).toBe('0')
  })

  test('requests are counted by HTTP status, those without an answer as none; transactions by seconds', async () => {
    const { metrics, sample } = metricsAt({ now: 0, monotonic: 0 })
    metrics.apiRequest({ status: 200, purpose: 'walk' })
    metrics.apiRequest({ status: 429, purpose: 'walk' })
    metrics.apiRequest({ status: null, purpose: 'update' })
    metrics.transaction(0.2)
    expect(await sample('api_requests_total{code="200",purpose="walk"}')).toBe('1')
    expect(await sample('api_requests_total{code="429",purpose="walk"}')).toBe('1')
    expect(await sample('api_requests_total{code="none",purpose="update"}')).toBe('1')
    expect(await sample('transaction_duration_seconds_bucket{le="0.25"}')).toBe('1')
    expect(await sample('transaction_duration_seconds_bucket{le="0.1"}')).toBe('0')
  })

  test('the budget is shown as it is at the scrape, and waits by what waited', async () => {
    const { metrics, sample } = metricsAt({ now: 0, monotonic: 0 })
    const none = { update: 0, question: 0, media: 0, walk: 0 }
    let granted = 1500
    metrics.showBudget(() => ({ limit: 1500, granted, used: { ...none, walk: 700 }, waiting: none }))
    metrics.requestSent('walk', 400)
    granted = 900
    expect(await sample('api_budget_limit')).toBe('1500')
    expect(await sample('api_budget_granted')).toBe('900')
    expect(await sample('api_budget_used{purpose="walk"}')).toBe('700')
    expect(await sample('api_requests_waiting{purpose="update"}')).toBe('0')
    expect(await sample('api_wait_duration_seconds_sum{purpose="walk"}')).toBe('0.4')
    expect(await sample('api_wait_duration_seconds_bucket{le="0.1",purpose="walk"}')).toBe('0')
  })

  test('values without a field are counted by field, and under one name where it is not known of the resource (R12, R14)', async () => {
    const { metrics, sample } = metricsAt({ now: 0, monotonic: 0 })
    metrics.describedFields(LISTINGS.name, ['BedsTotal', '"Group"."Field"'])
    const changes = [upsertWith(['BedsTotal', '$.Noise']), deletion, upsertWith(['BedsTotal', 'Unheard'])]
    metrics.pageCommitted(progressOf(), pageOf(changes))
    expect(await sample('unmapped_values_total{resource="listings",field="BedsTotal"}')).toBe('2')
    expect(await sample('unmapped_values_total{resource="listings",field="other"}')).toBe('2')
    expect(await metrics.text()).not.toContain('Unheard')
  })

  test('questions for metadata are counted by how they ended, with the bytes of their answers', async () => {
    const { metrics, sample } = metricsAt({ now: 0, monotonic: 0 })
    const path = '/v1/standardfields'
    metrics.metadataCheck({ path, status: 200, code: 'OK', bytes: 700 })
    metrics.metadataCheck({ path, status: 304, code: 'OK', bytes: 0 })
    metrics.metadataCheck({ path, status: 200, code: 'SPARK_UNAVAILABLE', bytes: 20 })
    metrics.metadataCheck({ path, status: null, code: 'SPARK_TIMEOUT', bytes: 0 })
    expect(await sample(`metadata_checks_total{path="${path}",result="fetched"}`)).toBe('1')
    expect(await sample(`metadata_checks_total{path="${path}",result="unchanged"}`)).toBe('1')
    expect(await sample(`metadata_checks_total{path="${path}",result="failed"}`)).toBe('2')
    expect(await sample(`metadata_bytes_total{path="${path}"}`)).toBe('720')
  })

  test('a refused schema shows until it is taken', async () => {
    const { metrics, sample } = metricsAt({ now: 0, monotonic: 0 })
    metrics.schemaRefused(LISTINGS.name, new RegistryRefused('POST', 409, 'incompatible'))
    expect(await sample('schema_refused{resource="listings"}')).toBe('1')
    metrics.schemaRefused(LISTINGS.name, null)
    expect(await sample('schema_refused{resource="listings"}')).toBe('0')
  })

  test('two registries in one process do not meet', async () => {
    const first = new Metrics()
    const second = new Metrics()
    first.apiRequest({ status: 200, purpose: 'walk' })
    expect(await second.text()).not.toContain('api_requests_total{')
  })
})

describe('what an alert asks for', () => {
  const down = new ListingstreamError('No.', { code: 'KAFKA_UNREACHABLE', retryable: true })
  const refused = new ListingstreamError('No.', {
    code: 'SPARK_UNAUTHORIZED',
    retryable: false,
    disposition: 'retry',
  })

  test('a parked try is a failed pass, under its code until it goes on or fails for another reason', async () => {
    const { metrics, sample } = metricsAt({ now: 0, monotonic: 0 })
    const failed = 'passes_total{resource="listings",pass="update",state="failed"}'
    const parked = (code: string) => `parked{resource="listings",pass="update",code="${code}"}`
    metrics.parked(LISTINGS, 'update', down)
    metrics.parked(LISTINGS, 'update', down)
    expect(await sample(parked('KAFKA_UNREACHABLE'))).toBe('1')
    metrics.parked(LISTINGS, 'update', refused)
    expect(await sample(parked('KAFKA_UNREACHABLE'))).toBeUndefined()
    expect(await sample(parked('SPARK_UNAUTHORIZED'))).toBe('1')
    metrics.resumed(LISTINGS, 'update')
    expect(await sample(parked('SPARK_UNAUTHORIZED'))).toBeUndefined()
    expect(await sample(failed)).toBe('3')
  })

  test('a track is parked no longer once a pass of it comes to its end, whoever ran it', async () => {
    const { metrics, sample } = metricsAt({ now: 0, monotonic: 0 })
    const parked = 'parked{resource="listings",pass="update",code="KAFKA_UNREACHABLE"}'
    metrics.parked(LISTINGS, 'update', down)
    metrics.passEnded(progressOf({ state: 'failed' }))
    expect(await sample(parked)).toBe('1')
    metrics.passEnded(progressOf({ state: 'completed' }))
    expect(await sample(parked)).toBeUndefined()
  })

  test('nothing is parked, and no set refused, of the feed as it was open before', async () => {
    const { metrics, sample } = metricsAt({ now: 0, monotonic: 0 })
    const parked = 'parked{resource="listings",pass="snapshot",code="KAFKA_UNREACHABLE"}'
    metrics.parked(LISTINGS, 'snapshot', down)
    metrics.setsRefused(LISTINGS.name, 'mls-1', refused)
    expect(await sample('sets_refused{resource="listings"}')).toBe('1')
    metrics.scheduleBegun()
    expect(await sample(parked)).toBeUndefined()
    expect(await sample('sets_refused{resource="listings"}')).toBeUndefined()
    metrics.parked(LISTINGS, 'snapshot', down)
    expect(await sample(parked)).toBe('1')
  })

  test('a pass that ended as failed and is parked for it is one failure', async () => {
    const { metrics, sample } = metricsAt({ now: 0, monotonic: 0 })
    const failed = 'passes_total{resource="listings",pass="update",state="failed"}'
    metrics.passStarted(progressOf())
    metrics.passEnded(progressOf({ state: 'failed' }))
    metrics.parked(LISTINGS, 'update', down)
    expect(await sample(failed)).toBe('1')
    metrics.parked(LISTINGS, 'update', down)
    expect(await sample(failed)).toBe('2')
  })

  test('the last success is that of the process before until there is a newer one; a failure leaves it, and so does a decision', async () => {
    const clock = { now: 60_000, monotonic: 0 }
    const { metrics, sample } = metricsAt(clock)
    const last = 'pass_last_success_timestamp_seconds{resource="listings",pass="update"}'
    expect(await sample(last)).toBeUndefined()
    metrics.succeeded(`${LISTINGS.name}/update`, instant(5_000))
    metrics.passEnded(progressOf({ state: 'failed' }))
    expect(await sample(last)).toBe('5')
    metrics.passEnded(progressOf({ state: 'completed', decidesOn: passId('held') }))
    expect(await sample(last)).toBe('5')
    metrics.passEnded(progressOf({ state: 'completed' }))
    expect(await sample(last)).toBe('60')
  })

  test('readiness and build are metrics', async () => {
    let ready = false
    const build = { version: '1.2.3', prefix: 'spark' }
    const metrics = new Metrics({ build, ready: () => ready })
    expect(await metrics.text()).toContain('listingstream_ready 0')
    ready = true
    expect(await metrics.text()).toContain('listingstream_ready 1')
    expect(await metrics.text()).toContain('listingstream_build_info{version="1.2.3",prefix="spark"} 1')
  })
})
