import { counted, number, span } from './format.js'
import { html, nothing } from './markup.js'
import { kindOf, titleOf } from './overview.js'

/** @import { FeedKind } from './overview.js' */
/** @import { FeedBrief } from './types.d.ts' */

/** @type {Readonly<Record<FeedKind, string>>} */
const WORDS = {
  good: '✓ in step',
  warn: '! look',
  bad: '× behind',
  wait: '… opening',
  away: '→ elsewhere',
}
/** What needs somebody comes first. */
const ORDER = ['bad', 'warn', 'wait', 'good', 'away']

/** All feeds of the process. @param {readonly FeedBrief[]} feeds @param {boolean} isLost nobody knows how they are now */
export function overviewView(feeds, isLost) {
  const rated = feeds
    .map((feed) => ({ feed, kind: kindOf(feed) }))
    .toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))
  const worst = rated.find(({ kind }) => kind !== 'away')?.kind ?? 'wait'
  return html`
    <section class="verdict ${isLost ? 'wait' : worst}" aria-labelledby="verdict-title">
      <div class="verdict-words">
        <div>
          <h1 id="verdict-title">${isLost ? `When last heard of: ${titleOf(feeds)}` : titleOf(feeds)}</h1>
          <p>
            What is in the topics is right in any case; a feed that is behind says what was true a while ago.
            ${rated.some(({ kind }) => kind === 'away') ? 'How a feed at another instance stands is told by its page there.' : nothing}
          </p>
        </div>
      </div>
    </section>
    <section class="card" aria-labelledby="feeds-title">
      <h2 id="feeds-title">Feeds</h2>
      <div class="scroll" tabindex="0" role="region" aria-label="Feeds, one by one">
        <table>
          <thead>
            <tr>
              <th scope="col">Feed</th>
              <th scope="col">State</th>
              <th scope="col" class="num">Behind</th>
              <th scope="col" class="num">Events in the last hour</th>
              <th scope="col">Running</th>
              <th scope="col">Remark</th>
            </tr>
          </thead>
          <tbody>
            ${rated.map(({ feed, kind }) => row(feed, kind))}
          </tbody>
        </table>
      </div>
    </section>
  `
}

/** @param {FeedBrief} feed @param {FeedKind} kind */
function row({ prefix, state, reasons, held, deadLetters, behindSeconds, eventsOfHour, running }, kind) {
  const [reason] = reasons
  return html`<tr>
    <td><a href=${`#/feeds/${encodeURIComponent(prefix)}`}>${prefix}</a></td>
    <td><span class="state tone-${kind}">${wordOf(state, kind)}</span></td>
    <td class="num">${behindSeconds === null ? html`<span class="none">–</span>` : span(behindSeconds)}</td>
    <td class="num">${number(eventsOfHour)}</td>
    <td>${running.length === 0 ? html`<span class="none">–</span>` : running.slice(0, 2).join(', ')}</td>
    <td class="remark">
      ${reason === undefined ? nothing : html`<b>${reason.code}</b> ${reason.message}`}
      ${held > 0 ? `The guard holds something. ` : nothing}
      ${(deadLetters ?? 0) > 0 ? `${counted(deadLetters ?? 0, 'record')} could not be published.` : nothing}
    </td>
  </tr>`
}

/** @param {string} state @param {FeedKind} kind */
function wordOf(state, kind) {
  if (kind !== 'bad') return WORDS[kind]
  if (state === 'stopped') return '× stopped'
  return state === 'opening' ? '× not open' : WORDS.bad
}
