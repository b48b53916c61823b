import { number, size, span } from './format.js'
import { html, nothing } from './markup.js'
import { printable } from './printable.js'
import { time } from './time.js'

/** @import { Letters, OddValues, OpenStatus } from './types.d.ts' */

const SHOWN = 10

/** @param {Letters | null} letters */
export function lettersView(letters) {
  return html`
    <section class="card" aria-labelledby="letters-title">
      <h2 id="letters-title">Dead letters</h2>
      ${
        letters === null
          ? html`<p class="quiet">Being read…</p>`
          : letters.letters.length === 0
            ? html`<p class="quiet">None waits: every record that was read could be published.</p>`
            : html`<p class="quiet">
                  ${letters.waiting === 1 ? '1 waits' : `${number(letters.waiting)} wait`};
                  <code>listingstream dead-letters list</code> has all that do.
                </p>
                <ul class="plain-list">
                  ${letters.letters.slice(0, SHOWN).map(
                    (one) =>
                      html`<li>
                        <code>${one.name}</code>
                        <span class="soft">${one.topic}, ${size(one.bytes)}, ${time(one.at)}</span>
                        <span class="value">${one.reason}</span>
                      </li>`,
                  )}
                </ul>`
      }
    </section>
  `
}

/** @param {readonly OddValues[] | null} records */
export function oddView(records) {
  return html`
    <section class="card" aria-labelledby="odd-title">
      <h2 id="odd-title">Values that fit no field</h2>
      ${
        records === null
          ? html`<p class="quiet">Being read…</p>`
          : records.length === 0
            ? html`<p class="quiet">None since the daemon started.</p>`
            : html`<p class="quiet">
                  Kept in <code>unmappedFields</code>, as the source sent them. The last ones:
                </p>
                <ul class="plain-list">
                  ${records.slice(0, 5).map(
                    (one) =>
                      html`<li>
                        <code>${one.key}</code> <span class="soft">${one.resource}, ${time(one.at)}</span>
                        ${one.values.slice(0, 5).map(({ field, text }) => html`<span class="value"><b>${field}</b> ${printable(text)}</span>`)}
                      </li>`,
                  )}
                </ul>`
      }
    </section>
  `
}

/** @param {OpenStatus} status */
export function lateView({ passes, health, resources }) {
  const updates = passes.filter(
    ({ pass, resource }) => pass === 'update' && resources.some(({ name }) => name === resource),
  )
  /** @type {Map<string, typeof health.lateArrivals[number]>} */
  const late = new Map(health.lateArrivals.map((one) => [one.resource, one]))
  return html`
    <section class="card" aria-labelledby="late-title">
      <h2 id="late-title">Late arrivals</h2>
      <p class="quiet">
        How far updates look back for changes that the source shows late, and what sweeps found that no update
        had brought.
      </p>
      ${updates.length === 0 ? html`<p class="quiet">No update yet.</p>` : nothing}
      <ul class="plain-list">
        ${updates.map((update) => {
          const one = late.get(update.resource)
          const overlap = typeof update['overlap'] === 'number' ? update['overlap'] / 1_000 : null
          const missed = missedOf(passes, update.resource)
          return html`<li>
            <b>${update.resource}</b>
            ${one === undefined ? html`<span class="state good">in time</span>` : html`<span class="state look">late</span>`}
            <span class="value">
              ${overlap === null ? nothing : html`looks back ${span(overlap)}`}${one?.latenessSeconds === null || one === undefined ? nothing : html`; 99.9 % come within ${span(one.latenessSeconds)}`}${missed === 0 ? nothing : html`; the last sweep found ${number(missed)} that were missed`}
            </span>
          </li>`
        })}
      </ul>
    </section>
  `
}

/** @param {OpenStatus['passes']} passes @param {string} resource */
function missedOf(passes, resource) {
  const missed = passes.find((one) => one.resource === resource && one.pass === 'purge')?.missed ?? {}
  return Object.values(missed).reduce((sum, count) => sum + (count ?? 0), 0)
}
