import { number, span, words } from './format.js'
import { html, nothing } from './markup.js'
import { time } from './time.js'

/** @import { OpenStatus } from './types.d.ts' */

/**
 * @typedef {object} Shown
 * @property {OpenStatus} status
 * @property {number} now milliseconds since 1970
 * @property {ReadonlySet<string>} busy passes that were asked for
 * @property {(resource: string, pass: string) => void} onRun
 * @property {(resource: string | null) => void} onPause null: of all resources
 * @property {(resource: string | null) => void} onResume
 */

/** @param {Shown} shown */
export function resourcesView(shown) {
  const { status } = shown
  const rows = status.resources.flatMap((resource) => [
    { ...resource, parent: null },
    ...status.sets
      .filter(({ parent }) => parent === resource.name)
      .map((set) => ({ ...set, hasStamp: false })),
  ])
  return html`
    <section class="card" aria-labelledby="resources-title">
      <div class="card-head">
        <h2 id="resources-title">Resources</h2>
        ${pauseButton(null, shown)}
      </div>
      <div class="scroll" tabindex="0" role="region" aria-label="Resources, one by one">
        <table>
          <thead>
            <tr>
              <th scope="col">Resource</th>
              <th scope="col" class="num">Live</th>
              <th scope="col">Published up to</th>
              <th scope="col">Next update</th>
              <th scope="col">Next purge</th>
              <th scope="col">Run now</th>
            </tr>
          </thead>
          <tbody>
            ${rows.map((row) => resourceRow(row, shown))}
          </tbody>
        </table>
      </div>
      <p class="quiet">
        ${status.source === null ? nothing : html`Source ${status.source.host}, MLS ${status.source.mlsId}. `}
        ${status.generation === null ? nothing : html`Generation ${status.generation}. `}
        ${status.daemon === null ? nothing : html`Process ${status.daemon.pid} on ${status.daemon.host}, since ${time(status.daemon.startedAt)}.`}
      </p>
    </section>
  `
}

/**
 * @param {{ name: string, parent: string | null, hasStamp: boolean, owed?: number | null, live?: number | null }} row
 * @param {Shown} shown
 */
function resourceRow({ name, parent, hasStamp, owed, live: liveSets }, shown) {
  const { status, now, busy, onRun } = shown
  const live = parent === null ? status.liveRecords.byResource[name] : liveSets
  const watermark = status.watermarks[name]
  const next = (/** @type {string} */ pass) =>
    status.passes.find((one) => one.resource === name && one.pass === pass)?.nextAt ??
    (pass === 'purge' ? status.firstPurgeAt[name] : undefined)
  const button = (/** @type {string} */ pass) => {
    const isBusy = busy.has(`${name}/${pass}`)
    return html`<button
      type="button"
      class="small"
      aria-disabled=${isBusy ? 'true' : nothing}
      @click=${() => onRun(name, pass)}
      aria-label=${`Run ${pass} of ${name} now`}
    >
      ${isBusy ? `${pass}…` : pass}
    </button>`
  }
  const scopeState = status.resources.find((one) => one.name === name)?.scopeState ?? 'kept'
  return html`
    <tr>
      <td class=${parent === null ? '' : 'part-of'}>
        ${name} ${pausedState(status, name)}
        ${scopeState === 'kept' ? nothing : html`<span class="state look">${words(scopeState)}</span>`}
        ${owed === null || owed === undefined || owed === 0 ? nothing : html`<span class="soft">${number(owed)} owed</span>`}
      </td>
      <td class="num">
        ${live === null || live === undefined ? html`<span class="none">–</span>` : number(live)}
      </td>
      <td>
        ${watermark === undefined ? html`<span class="none">–</span>` : html`${time(watermark)} <span class="soft">${span((now - Date.parse(watermark)) / 1_000)} ago</span>`}
      </td>
      <td>${time(next('update'))}</td>
      <td>${time(next('purge'))}</td>
      <td>
        ${parent === null ? html`<span class="buttons">${hasStamp ? button('update') : button('snapshot')}${button('purge')}${pauseButton(name, shown)}</span>` : nothing}
      </td>
    </tr>
  `
}

/** Of one resource, or, null, of all. @param {string | null} resource @param {Shown} shown */
function pauseButton(resource, { status: { paused }, onPause, onResume }) {
  // Where all are paused, all are resumed.
  if (resource !== null && paused.some((one) => one.resource === null)) return nothing
  const isPaused = paused.some((one) => one.resource === resource)
  const what = resource === null ? 'all passes' : `the passes of ${resource}`
  return html`<button
    type="button"
    class="small"
    @click=${() => (isPaused ? onResume(resource) : onPause(resource))}
    aria-label=${`${isPaused ? 'Resume' : 'Pause'} ${what}`}
  >
    ${isPaused ? 'resume' : 'pause'}${resource === null ? ' all' : ''}
  </button>`
}

/** @param {OpenStatus} status @param {string} name */
function pausedState({ paused }, name) {
  const pause = paused.find(({ resource }) => resource === null || resource === name)
  if (pause === undefined) return nothing
  return html`<span class="state look"
    >paused${pause.until === null ? nothing : html` until ${time(pause.until)}`}</span
  >`
}
