import { number, span, words } from './format.js'
import { html, nothing, svg } from './markup.js'

/** @import { OpenStatus, Tick } from './types.d.ts' */

/** @type {Readonly<Record<string, string>>} */
const GOOD = { ok: 'good', safe: 'good', unknown: 'calm' }

/** @param {Tick['groups']} groups @param {number} now */
export function groupsView({ at, groups }, now) {
  return html`
    <section class="card" aria-labelledby="groups-title">
      <h2 id="groups-title">Subscribers</h2>
      ${
        groups.length === 0
          ? html`<p class="quiet">
              ${at === null ? 'The consumer groups have not been looked at yet.' : 'No consumer group has committed an offset in these topics.'}
            </p>`
          : html`<div class="scroll" tabindex="0" role="region" aria-label="Consumer groups">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Group</th>
                    <th scope="col">Topic</th>
                    <th scope="col" class="num">Behind</th>
                    <th scope="col" class="num">Oldest unread</th>
                    <th scope="col">Verdict</th>
                    <th scope="col">Deletes</th>
                  </tr>
                </thead>
                <tbody>
                  ${groups.map(
                    (one) =>
                      html`<tr>
                        <td>${one.group}</td>
                        <td>${one.topic}</td>
                        <td class="num">${number(one.behind)}</td>
                        <td class="num">
                          ${one.behind === 0 ? html`<span class="none">–</span>` : span(one.behindMs / 1_000)}
                        </td>
                        <td>
                          <span class="state ${GOOD[one.verdict] ?? 'look'}">${words(one.verdict)}</span>
                          ${one.catchUpMs === null || one.behind === 0 ? nothing : html`<span class="soft">there in ${span(one.catchUpMs / 1_000)}</span>`}
                        </td>
                        <td>
                          <span class="state ${GOOD[one.deletes] ?? 'look'}">${words(one.deletes)}</span>
                        </td>
                      </tr>`,
                  )}
                </tbody>
              </table>
            </div>`
      }
      ${at === null ? nothing : html`<p class="quiet">Looked at ${span((now - at) / 1_000)} ago.</p>`}
    </section>
  `
}

/** @param {OpenStatus} status */
export function budgetView({ budget, apiRequests }) {
  if (budget === null) return nothing
  const used = Object.entries(budget.used)
  const sum = used.reduce((total, [, count]) => total + count, 0)
  const waiting = Object.values(budget.waiting).reduce((total, count) => total + count, 0)
  return html`
    <section class="card" aria-labelledby="budget-title">
      <h2 id="budget-title">API budget</h2>
      <p class="quiet">Requests in the last 5 minutes, of ${number(budget.limit)} that are allowed.</p>
      <p class="big">${number(sum)} <span>${Math.round((100 * sum) / budget.limit)} %</span></p>
      <svg
        class="budget"
        role="img"
        aria-label=${`Used: ${used.map(([purpose, count]) => `${count} for ${purpose}`).join(', ')}, of ${budget.limit}.`}
        width="100%"
        height="14"
      >
        <rect class="track" width="100%" height="14" rx="4" />
        ${bars(used, budget.limit)}
      </svg>
      <ul class="legend">
        ${used.map(([purpose, count]) => html`<li><i class="purpose-${purpose}"></i>${purpose} <b>${number(count)}</b></li>`)}
      </ul>
      <p class="quiet">
        ${budget.granted < budget.limit ? html`The API grants ${number(budget.granted)} of it. ` : nothing}
        ${waiting === 0 ? 'No request waits.' : `${number(waiting)} wait for their turn.`}
        ${apiRequests === null ? nothing : html`${number(apiRequests.count)} in the last day.`}
      </p>
    </section>
  `
}

/** @param {[string, number][]} used @param {number} limit */
function bars(used, limit) {
  let from = 0
  return used.map(([purpose, count]) => {
    const x = from
    const width = Math.min(100 - x, (100 * count) / limit)
    from += width
    return svgBar(purpose, x, width)
  })
}

/** @param {string} purpose @param {number} x @param {number} width */
function svgBar(purpose, x, width) {
  return svg`<rect class=${`purpose-${purpose}`} x=${`${x}%`} width=${`${width}%`} height="14" />`
}
