import { EVENT_KINDS } from './charts.js'
import { number, span, words } from './format.js'
import { html } from './markup.js'

/** @import { FeedStore } from './store.js' */
/** @import { Minutes } from './types.d.ts' */

const RANGES = [1, 6, 24]

/** @param {{ store: FeedStore, now: number, hours: number, onHours: (hours: number) => void }} shown */
export function chartsView({ store, now, hours, onHours }) {
  const since = Math.floor(now / 60_000) - hours * 60
  const names = [...store.freshness.keys()].toSorted()
  const kinds = EVENT_KINDS.filter((kind) => store.events.has(kind))
  const worst = names.map((name) => `${name} ${span(highest(store.freshness.get(name), since))}`)
  const sums = kinds.map((kind) => ({ kind, sum: sumOf(store.events.get(kind), since) }))
  return html`
    <div class="range" role="group" aria-label="Time that the charts and the timeline show">
      ${RANGES.map(
        (range) =>
          html`<button
            type="button"
            aria-pressed=${range === hours ? 'true' : 'false'}
            @click=${() => onHours(range)}
          >
            ${range} h
          </button>`,
      )}
    </div>
    <div class="pair">
      <section class="card" aria-labelledby="freshness-title">
        <h2 id="freshness-title">Freshness</h2>
        <p class="quiet">How far the topics were behind the source, at the worst of each minute.</p>
        <div
          class="chart"
          id="freshness-chart"
          role="img"
          aria-label=${`Freshness over ${hours} hours. At the worst: ${worst.length === 0 ? 'not known yet' : worst.join(', ')}.`}
        ></div>
        <ul class="legend">
          ${names.map(
            (name, index) =>
              html`<li>
                <i class="line-${(index % 6) + 1}"></i>${name}
                <b>${span(highest(store.freshness.get(name), since))}</b> at worst
              </li>`,
          )}
          ${names.length === 0 ? html`<li class="quiet">No watermark yet.</li>` : ''}
        </ul>
      </section>
      <section class="card" aria-labelledby="events-title">
        <h2 id="events-title">Events a minute</h2>
        <p class="quiet">What was published, by why; counted since the daemon started.</p>
        <div
          class="chart"
          id="events-chart"
          role="img"
          aria-label=${`Events over ${hours} hours: ${sums.length === 0 ? 'none' : sums.map(({ kind, sum }) => `${number(sum)} ${kind}`).join(', ')}.`}
        ></div>
        <ul class="legend">
          ${sums.map(({ kind, sum }) => html`<li><i class="event-${kind.toLowerCase()}"></i>${words(kind.toLowerCase())} <b>${number(sum)}</b></li>`)}
          ${sums.length === 0 ? html`<li class="quiet">No event yet.</li>` : ''}
        </ul>
      </section>
    </div>
  `
}

/** @param {Minutes | undefined} minutes @param {number} since */
export function sumOf(minutes, since) {
  let sum = 0
  for (const [minute, value] of minutes ?? []) if (minute > since) sum += value
  return sum
}

/** @param {Minutes | undefined} minutes @param {number} since */
function highest(minutes, since) {
  let most = 0
  for (const [minute, value] of minutes ?? []) if (minute > since) most = Math.max(most, value)
  return most
}
