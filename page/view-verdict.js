import { html, nothing } from './markup.js'
import { time } from './time.js'
import { figuresOf, verdictOf } from './verdict.js'

/** @import { Status } from './types.d.ts' */

const MARKS = { good: '✓', warn: '!', bad: '×', wait: '…' }

/** @param {{ status: Status, now: number, eventsOfHour: number, isLost: boolean }} shown lost: nobody knows how it is now */
export function verdictView({ status, now, eventsOfHour, isLost }) {
  const { kind: told, title, text, remarks } = verdictOf(status, now)
  const kind = isLost ? 'wait' : told
  return html`
    <section class="verdict ${kind}" aria-labelledby="verdict-title">
      <div class="verdict-words">
        <span class="mark" aria-hidden="true">${MARKS[kind]}</span>
        <div>
          <h1 id="verdict-title">${isLost ? `When last heard of: ${title}` : title}</h1>
          <p id="verdict-text">${text}</p>
        </div>
      </div>
      <dl class="figures">
        ${figuresOf(status, now, eventsOfHour).map(
          ({ name, value }) =>
            html`<div>
              <dt>${name}</dt>
              <dd>${value}</dd>
            </div>`,
        )}
      </dl>
      ${
        remarks.length === 0
          ? nothing
          : html`<ul class="remarks">
              ${remarks.map(
                (one) =>
                  html`<li class=${one.kind}>
                    <strong>${one.title}</strong>
                    <span>${one.text}${one.since === null ? nothing : html` Since ${time(one.since)}.`}</span>
                  </li>`,
              )}
            </ul>`
      }
    </section>
  `
}
