/** Whether subscribers can trust the topics now, in words and figures. */
import { counted, number, span } from './format.js'

/** @import { OpenStatus, Status } from './types.d.ts' */

/**
 * @typedef {object} Remark
 * @property {'bad' | 'warn'} kind
 * @property {string} title
 * @property {string} text
 * @property {string | null} since
 */

/**
 * @typedef {object} Verdict
 * @property {'good' | 'warn' | 'bad' | 'wait'} kind
 * @property {string} title
 * @property {string} text
 * @property {readonly Remark[]} remarks
 */

/** @param {Status} status @returns {status is Status & OpenStatus} */
export function isOpen(status) {
  return status.resources !== undefined
}

/** Seconds since the oldest watermark; null if there is none. @param {Status} status @param {number} now */
function ageOf(status, now) {
  if (!isOpen(status)) return null
  const times = Object.values(status.watermarks).map((at) => Date.parse(at))
  return times.length === 0 ? null : Math.max(0, (now - Math.min(...times)) / 1_000)
}

/** @param {Status} status @param {number} now milliseconds since 1970 @returns {Verdict} */
export function verdictOf(status, now) {
  const remarks = [...troubles(status), ...worries(status, now)]
  if (!isOpen(status)) {
    const [first] = status.health.reasons
    const isStarting = first?.code === 'STARTING'
    return {
      kind: isStarting ? 'wait' : 'bad',
      title: isStarting ? 'The feed is being opened' : 'The feed is not open',
      text: 'What is in the topics is right, as of when it was published. Nothing new comes until the feed is open.',
      remarks: isStarting ? [] : remarks,
    }
  }
  const age = ageOf(status, now)
  const loading = firstDownloads(status)
  if (!status.health.ready) {
    return {
      kind: 'bad',
      title:
        age === null
          ? 'The topics are not filled'
          : `The topics fall behind: they say what was true ${span(age)} ago`,
      text: 'Every record in them is right as of then, in order, and none is there twice. What changed since is not in them.',
      remarks,
    }
  }
  if (loading.length > 0) {
    return {
      kind: 'wait',
      title: `The first download of ${loading.join(' and ')} is under way`,
      text: 'What is in the topics is right, but it is not everything yet. Subscribers may read along.',
      remarks,
    }
  }
  const refused = unpublished(status)
  const missing = [
    ...(status.health.held.length > 0 ? ['what is held'] : []),
    ...(refused > 0 ? ['what could not be published'] : []),
  ].join(' and ')
  const text =
    age === null
      ? 'Nothing that is replicated has a watermark.'
      : `All that changed at the source until ${span(age)} ago is published${missing === '' ? '' : `, but for ${missing}`}: every change once, in order.`
  if (remarks.length > 0) {
    return {
      kind: 'warn',
      title: `Subscribers can trust the topics, but ${refused > 0 ? `for ${counted(refused, 'record')} that could not be published` : 'somebody should look'}`,
      text,
      remarks,
    }
  }
  return { kind: 'good', title: 'Subscribers can trust the topics', text, remarks }
}

/** Dead letters that wait: what the topics lack, or have as it was before. @param {Status} status */
function unpublished(status) {
  return isOpen(status) ? (status.deadLetters.count ?? 0) : 0
}

/** Resources whose topic does not hold everything yet. @param {OpenStatus} status */
function firstDownloads({ passes }) {
  return passes
    .filter(({ pass, state, initial }) => pass === 'snapshot' && state === 'running' && initial === true)
    .map(({ resource }) => resource)
}

/** What keeps the feed from its work. @param {Status} status @returns {Remark[]} */
function troubles({ health }) {
  return health.reasons.map(({ code, message, resource, pass, since }) => ({
    kind: 'bad',
    title: resource === null || pass === null ? code : `${resource}, ${pass}: ${code}`,
    text: message,
    since: new Date(since).toISOString(),
  }))
}

/** @param {Status} status */
function pausedOf(status) {
  return isOpen(status) ? status.paused : []
}

/** What goes on, and should be looked at. @param {Status} status @param {number} now @returns {Remark[]} */
function worries(status, now) {
  const { held, lateArrivals, owedSeconds, refusedSchemas, refusedSets } = status.health
  const budget = isOpen(status) ? (status.budget?.misfit ?? null) : null
  const refused = unpublished(status)
  return [
    ...(refused === 0
      ? []
      : [
          remark(
            `${counted(refused, 'record')} could not be published`,
            'Somebody should look: the topics have them as they were before, or not at all. Dead letters, below, says why.',
          ),
        ]),
    ...held.map(({ resource, pass, detail }) =>
      remark(`${resource}: the guard holds what a ${pass} found`, detail),
    ),
    ...pausedOf(status).map(({ resource, since, until }) => ({
      kind: /** @type {const} */ ('warn'),
      title: `${resource ?? 'All resources'}: passes by schedule are paused`,
      text:
        until === null
          ? 'They go on when somebody resumes them.'
          : `They go on by themselves in ${span((Date.parse(until) - now) / 1_000)}.`,
      since,
    })),
    ...lateArrivals.map(({ resource, overlapSeconds, latenessSeconds }) =>
      remark(
        `${resource}: changes show up late`,
        `Updates look back ${span(overlapSeconds)}${latenessSeconds === null ? '' : `; 99.9 % of the latest changes came within ${span(latenessSeconds)}`}.`,
      ),
    ),
    ...owedSeconds.map(({ resource, seconds }) =>
      remark(
        `${resource}: the source cannot show ${counted(seconds.length, 'second')}`,
        `More records bear one stamp than it lists. They are asked for again; tell the vendor. ${seconds.slice(0, 3).join(', ')}`,
      ),
    ),
    ...refusedSchemas.map(({ resource, code, message }) => remark(`${resource}: ${code}`, message)),
    ...refusedSets.map(({ resource, mlsId, code, message }) =>
      remark(`${resource}${mlsId === null ? '' : ` of MLS ${mlsId}`}: ${code}`, message),
    ),
    ...(budget === null ? [] : [remark('The request budget does not fit', budget)]),
  ]
}

/** @param {string} title @param {string} text @returns {Remark} */
function remark(title, text) {
  return { kind: 'warn', title, text, since: null }
}

/** The figures beside it. @param {Status} status @param {number} now @param {number} eventsOfHour */
export function figuresOf(status, now, eventsOfHour) {
  if (!isOpen(status)) return []
  const age = ageOf(status, now)
  const { liveRecords, deadLetters, budget } = status
  const used = budget === null ? 0 : Object.values(budget.used).reduce((sum, one) => sum + one, 0)
  return [
    { name: 'behind the source', value: age === null ? '–' : span(age) },
    { name: 'records live', value: liveRecords.count === null ? '–' : number(liveRecords.count) },
    { name: 'events in the last hour', value: number(eventsOfHour) },
    ...(budget === null
      ? []
      : [{ name: 'of the API budget used', value: `${Math.round((100 * used) / budget.limit)} %` }]),
    {
      name: deadLetters.count === 1 ? 'dead letter' : 'dead letters',
      value: deadLetters.count === null ? '–' : number(deadLetters.count),
    },
  ]
}
