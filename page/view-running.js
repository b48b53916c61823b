import { number, span } from './format.js'
import { html, nothing } from './markup.js'
import { nextPass } from './next-pass.js'
import { timeLeft } from './pace.js'
import { time } from './time.js'

/** @import { FeedStore } from './store.js' */
/** @import { OpenStatus } from './types.d.ts' */

const VERBS = { snapshot: 'Download', update: 'Update', purge: 'Sweep', republish: 'Republish' }

/** Passes that run now: how far, how fast, how long yet. @param {{ status: OpenStatus, store: FeedStore }} shown */
export function runningView({ status, store }) {
  /** @type {Map<string, number>} */
  const walkedBy = new Map(
    store.passes.filter(({ state }) => state === 'running').map(({ passId, walked }) => [passId, walked]),
  )
  const running = status.passes.flatMap((pass) => {
    const id = String(pass['passId'])
    const walked = walkedBy.get(id)
    return pass.state === 'running' && walked !== undefined
      ? [{ ...pass, id, walked: Math.max(walked, pass.walked) }]
      : []
  })
  return html`
    <section class="card" aria-labelledby="running-title">
      <h2 id="running-title">Running now</h2>
      ${running.length === 0 ? html`<p class="quiet">No pass runs. ${nextOf(status)}</p>` : nothing}
      ${running.map((pass) => {
        const { id, resource, walked, outlook, startedAt } = pass
        const rate = store.rate(id)
        const name = `${VERBS[/** @type {keyof typeof VERBS} */ (pass.pass)] ?? pass.pass} of ${resource}`
        const total = outlook?.total ?? null
        const left = timeLeft(rate, outlook?.secondsLeft ?? null)
        return html`
          <div class="running">
            <div class="running-head">
              <strong>${name}</strong>
              <span
                >${total === null ? `${number(walked)} walked` : `${number(walked)} of ${number(total)}`}</span
              >
            </div>
            ${
              total === null
                ? html`<progress aria-label=${name}></progress>`
                : html`<progress aria-label=${name} max=${total} .value=${walked}></progress>`
            }
            <p class="quiet">
              ${outlook?.percent === null || outlook === null ? nothing : html`${outlook.percent} % · `}
              ${rate === null ? 'measuring the rate' : `${number(Math.round(rate))} records a second`}
              ${left === null ? nothing : html` · about <b class="left">${span(left)}</b> left`} · begun
              ${time(startedAt)}
            </p>
          </div>
        `
      })}
    </section>
  `
}

/** What is paused has no next. @param {OpenStatus} status */
function nextOf(status) {
  const all = status.paused.find(({ resource }) => resource === null)
  if (all !== undefined)
    return all.until === null
      ? 'Those by schedule are paused until somebody resumes them.'
      : html`Those by schedule are paused until ${time(all.until)}.`
  const next = nextPass(status)
  return next === null ? nothing : html`Next: ${next.pass} of ${next.resource}, ${time(next.at)}.`
}
