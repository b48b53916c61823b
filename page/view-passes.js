import { clock, counted, number, span, words } from './format.js'
import { html, nothing, svg } from './markup.js'
import { time } from './time.js'

/** @import { PassEntry } from './types.d.ts' */

const LANE = 24
const SHOWN = 12

/** What became of a pass, by a sign that needs no colour. */
const SIGNS = { running: '▸', completed: '✓', held: '‖', rejected: '⊘', failed: '×', parked: '◷' }

/**
 * @param {{ passes: readonly PassEntry[], now: number, hours: number, all: boolean, onAll: () => void }} shown newest first
 */
export function passesView({ passes, now, hours, all, onAll }) {
  const listed = all ? passes : passes.slice(0, SHOWN)
  return html`
    <section class="card" aria-labelledby="passes-title">
      <h2 id="passes-title">Passes</h2>
      ${timeline(passes, now, hours)}
      <div class="scroll" tabindex="0" role="region" aria-label="Passes, one by one">
        <table>
          <thead>
            <tr>
              <th scope="col">Pass</th>
              <th scope="col">Outcome</th>
              <th scope="col">Began</th>
              <th scope="col" class="num">Took</th>
              <th scope="col" class="num">Walked</th>
              <th scope="col" class="num">Published</th>
              <th scope="col" class="num">Deleted</th>
              <th scope="col">Remark</th>
            </tr>
          </thead>
          <tbody>
            ${listed.map((entry) => row(entry, now))}
            ${
              passes.length === 0
                ? html`<tr>
                    <td colspan="8" class="quiet">None in the last day.</td>
                  </tr>`
                : nothing
            }
          </tbody>
        </table>
      </div>
      ${
        passes.length > SHOWN
          ? html`<button type="button" class="plain" @click=${onAll}>
              ${all ? 'Show the latest' : `Show all ${number(passes.length)} of the last day`}
            </button>`
          : nothing
      }
    </section>
  `
}

/** @param {PassEntry} entry @param {number} now */
function row(entry, now) {
  const { resource, pass, state, startedAt, endedAt, walked, counts, deletes, detail, times } = entry
  const took = ((endedAt === null ? now : Date.parse(endedAt)) - Date.parse(startedAt)) / 1_000
  return html`
    <tr>
      <td>${resource} <span class="soft">${pass}${times > 1 ? ` × ${number(times)}` : ''}</span></td>
      <td>
        <span class="state ${state}"><span aria-hidden="true">${SIGNS[state]}</span> ${state}</span>
      </td>
      <td>${time(startedAt)}</td>
      <td class="num">${span(took)}</td>
      <td class="num">${number(walked)}</td>
      <td class="num">${figure(counts.published)}</td>
      <td class="num">
        ${figure(deletes.emitted)}${deletes.held > 0 ? html` <span class="soft">(${number(deletes.held)} held)</span>` : nothing}
      </td>
      <td class="remark">
        ${times > 1 ? 'nothing had changed' : nothing}${counts.dead_lettered > 0 ? `${counted(counts.dead_lettered, 'dead letter')}. ` : nothing}${detail ?? nothing}
      </td>
    </tr>
  `
}

/** @param {number} count */
function figure(count) {
  return count === 0 ? html`<span class="none">0</span>` : html`<b>${number(count)}</b>`
}

/** A lane for each track; wide enough to be seen however short a pass was. @param {readonly PassEntry[]} passes @param {number} now @param {number} hours */
function timeline(passes, now, hours) {
  const from = now - hours * 3_600_000
  const seen = passes.filter(({ endedAt }) => endedAt === null || Date.parse(endedAt) > from)
  const tracks = [...new Set(seen.map(({ resource, pass }) => `${resource} ${pass}`))].toSorted()
  if (tracks.length === 0) return nothing
  const x = (/** @type {string | number} */ at) =>
    Math.max(0, Math.min(100, (100 * (new Date(at).getTime() - from)) / (now - from)))
  const height = tracks.length * LANE
  const summary = summaryOf(seen)
  return html`
    <div class="timeline">
      <ul aria-hidden="true">
        ${tracks.map((track) => html`<li>${track}</li>`)}
      </ul>
      <svg
        role="img"
        aria-label=${`Timeline of ${hours} hours: ${summary}.`}
        width="100%"
        height=${height + 18}
      >
        ${[0, 25, 50, 75].map(
          (at) => svg`
            <line class="tick" x1=${`${at}%`} x2=${`${at}%`} y1="0" y2=${height} />
            <text class="tick-text" x=${`${at}%`} dx="4" y=${height + 13}>${clock(new Date(from + (at / 100) * (now - from)).toISOString(), now).slice(0, -3)}</text>`,
        )}
        ${seen.map((entry) => {
          const lane = tracks.indexOf(`${entry.resource} ${entry.pass}`)
          const begin = x(entry.startedAt)
          const width = Math.max(0.35, x(entry.endedAt ?? now) - begin)
          const { state, counts, times } = entry
          const weight = times > 1 || (state === 'completed' && counts.published === 0) ? 'light' : ''
          return svg`<rect class=${`bar ${state} ${weight}`} x=${`${begin}%`} width=${`${width}%`} y=${lane * LANE + 5} height=${LANE - 10} rx="2"><title>${titleOf(entry, now)}</title></rect>`
        })}
      </svg>
    </div>
  `
}

/** @param {PassEntry} entry @param {number} now */
function titleOf({ resource, pass, state, startedAt, counts, deletes, times }, now) {
  const what =
    times > 1
      ? `${times} times, nothing had changed`
      : `${counts.published} published, ${deletes.emitted} deleted`
  return `${resource} ${pass}: ${state}, began ${clock(startedAt, now)}, ${what}`
}

/** @param {readonly PassEntry[]} passes */
function summaryOf(passes) {
  /** @type {Map<string, number>} */
  const counts = new Map()
  for (const { state, times } of passes) counts.set(state, (counts.get(state) ?? 0) + times)
  return [...counts].map(([state, count]) => `${count} ${words(state)}`).join(', ')
}
