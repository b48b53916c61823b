import { counted, number } from './format.js'
import { html, nothing } from './markup.js'
import { time } from './time.js'

/** @import { HoldAnswer } from './types.d.ts' */

/** @typedef {NonNullable<HoldAnswer['hold']>} Hold */

const KEYS_SHOWN = 20
const VALUES_SHOWN = 6
/** @type {Readonly<Record<string, string>>} */
const GROUP_NAMES = { mlsId: 'MLS' }

/**
 * @typedef {object} HoldActions
 * @property {(hold: Hold, upTo: number) => void} approve
 * @property {(hold: Hold) => void} reject
 */

/** @param {readonly Hold[]} holds @param {string | null} busy the sweep that is being decided @param {HoldActions} actions */
export function holdsView(holds, busy, actions) {
  return holds.map((hold) => holdView(hold, busy === hold.sweep, actions))
}

/** @param {Hold} hold @param {boolean} isBusy @param {HoldActions} actions */
function holdView(hold, isBusy, actions) {
  const { resource, sweep, kind, heldAt, why, deletes, records, preview } = hold
  const isDeletes = kind === 'deletes'
  const count = isDeletes ? deletes : records
  const what = isDeletes ? counted(count, 'delete') : counted(count, 'changed record')
  const id = `hold-${sweep}`
  return html`
    <section class="card hold" aria-labelledby=${`${id}-title`}>
      <h2 id=${`${id}-title`}>${what} of ${resource} held</h2>
      <p>
        ${why}.
        ${isDeletes ? 'Nothing is deleted until you decide: is this what happened at the source?' : 'Nothing of it is published until you decide.'}
        <span class="quiet">Since ${time(heldAt)}; sweep <code>${sweep}</code>.</span>
      </p>
      <div class="groups">
        ${Object.entries(preview.groups).map(([name, group]) => groupView(name, group, preview))}
      </div>
      <details>
        <summary>The first ${number(Math.min(KEYS_SHOWN, preview.keys.length))} keys</summary>
        <div class="scroll" tabindex="0" role="region" aria-label="Keys that are held">
          <table>
            <thead>
              <tr>
                <th scope="col">Key</th>
                ${Object.keys(preview.keys[0]?.facts ?? {}).map((name) => html`<th scope="col">${name}</th>`)}
                <th scope="col">Last changed</th>
                <th scope="col">Last read</th>
              </tr>
            </thead>
            <tbody>
              ${preview.keys.slice(0, KEYS_SHOWN).map(
                (one) =>
                  html`<tr>
                    <td><code>${one.key}</code></td>
                    ${Object.values(one.facts).map((fact) => html`<td>${fact ?? '–'}</td>`)}
                    <td>${time(one.lastChangedAt)}</td>
                    <td>${time(one.lastReadAt)}</td>
                  </tr>`,
              )}
            </tbody>
          </table>
        </div>
      </details>
      <form
        class="decide"
        @submit=${(/** @type {SubmitEvent} */ event) => {
          event.preventDefault()
          if (isBusy) return
          const form = /** @type {HTMLFormElement} */ (event.currentTarget)
          actions.approve(hold, Number(new FormData(form).get('max')))
        }}
      >
        <label for=${`${id}-max`}>Approve up to</label>
        <input
          id=${`${id}-max`}
          name="max"
          type="number"
          min="0"
          step="1"
          required
          value=${count}
          ?readonly=${isBusy}
        />
        <button type="submit" class="danger" aria-disabled=${isBusy ? 'true' : nothing}>Approve</button>
        <button
          type="button"
          aria-disabled=${isBusy ? 'true' : nothing}
          @click=${() => (isBusy ? undefined : actions.reject(hold))}
        >
          Reject
        </button>
        <span class="quiet"
          >${isBusy ? 'Being decided…' : 'Each key is asked for again first; where it would be more, all is held still.'}</span
        >
      </form>
    </section>
  `
}

/** @param {string} name @param {readonly { value: string | null, count: number }[]} group @param {Hold['preview']} preview */
function groupView(name, group, { total, others }) {
  const shown = group.slice(0, VALUES_SHOWN)
  const rest = group.slice(VALUES_SHOWN).reduce((sum, { count }) => sum + count, others[name] ?? 0)
  return html`
    <table class="breakdown">
      <caption>
        By ${GROUP_NAMES[name] ?? name}
      </caption>
      <tbody>
        ${shown.map(({ value, count }) => share(value ?? 'not known', count, total))}
        ${rest === 0 ? nothing : share('others', rest, total)}
      </tbody>
    </table>
  `
}

/** @param {string} label @param {number} count @param {number} total */
function share(label, count, total) {
  return html`<tr>
    <th scope="row">${label}</th>
    <td class="num">${number(count)}</td>
    <td class="share">
      <svg width="100%" height="8" aria-hidden="true">
        <rect class="track" width="100%" height="8" rx="2" />
        <rect class="part" width=${`${(100 * count) / Math.max(1, total)}%`} height="8" rx="2" />
      </svg>
    </td>
  </tr>`
}
