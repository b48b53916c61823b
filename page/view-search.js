import { number, size, words } from './format.js'
import { html, nothing } from './markup.js'
import { printable } from './printable.js'
import { time } from './time.js'

/** @import { KeyReport } from './types.d.ts' */

/**
 * @typedef {object} Search
 * @property {boolean} busy
 * @property {KeyReport | null} report
 * @property {string | null} error
 * @property {boolean} isLost the error is that there was no answer
 */

/** @typedef {{ resource: string, key: string, ask: boolean }} Wanted */

/** @param {{ resources: readonly string[], search: Search, wanted: Wanted, onSearch: (resource: string, key: string, ask: boolean) => void }} shown */
export function searchView({ resources, search, wanted, onSearch }) {
  return html`
    <section class="card" aria-labelledby="search-title">
      <h2 id="search-title">Why is a record as it is?</h2>
      <form
        class="search"
        role="search"
        @input=${(/** @type {Event} */ { currentTarget }) => {
          const fields = new FormData(/** @type {HTMLFormElement} */ (currentTarget))
          wanted.resource = textOf(fields.get('resource'))
          wanted.key = textOf(fields.get('key'))
          wanted.ask = fields.get('ask') !== null
        }}
        @submit=${(/** @type {SubmitEvent} */ event) => {
          event.preventDefault()
          if (search.busy) return
          const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget))
          onSearch(
            textOf(fields.get('resource')),
            textOf(fields.get('key')).trim(),
            fields.get('ask') !== null,
          )
        }}
      >
        <label
          >Resource
          <select name="resource">
            ${resources.map((name) => html`<option value=${name} ?selected=${name === wanted.resource}>${name}</option>`)}
          </select></label
        >
        <label class="wide"
          >Key <input name="key" .value=${wanted.key} required autocomplete="off" spellcheck="false"
        /></label>
        <label class="check"
          ><input type="checkbox" name="ask" .checked=${wanted.ask} /> ask the source, too</label
        >
        <button type="submit" aria-disabled=${search.busy ? 'true' : nothing}>
          ${search.busy ? 'Looking…' : 'Look up'}
        </button>
      </form>
      <div id="found" role="status">
        ${search.error === null ? nothing : html`<p class="error">${search.error}</p>`}
        ${search.report === null ? nothing : reportView(search.report)}
      </div>
    </section>
  `
}

/** @param {KeyReport} report */
function reportView(report) {
  const { resource, key, isKnown, index, history, source, changed, deadLetters } = report
  const entry = index.known?.entry ?? null
  const waiting = deadLetters.find((one) => one.resource === resource && one.settledAt === null)
  return html`
    <h3><code>${key}</code> of ${resource}</h3>
    ${waiting === undefined ? nothing : html`<p class="error">It could not be published, since ${time(waiting.at)}: ${waiting.reason}</p>`}
    ${isKnown ? nothing : html`<p>Nobody knows it: it is not in the index, the topic or the dead letters.</p>`}
    <dl class="facts">
      ${
        entry === null
          ? html`<div>
              <dt>index</dt>
              <dd>does not know it</dd>
            </div>`
          : html`
              <div>
                <dt>state</dt>
                <dd>${words(entry.state)}</dd>
              </div>
              <div>
                <dt>last seen so</dt>
                <dd>${time(entry.observedAt)}</dd>
              </div>
              <div>
                <dt>source's stamp</dt>
                <dd>${time(entry.modificationTimestamp)}</dd>
              </div>
              <div>
                <dt>MLS</dt>
                <dd>${entry.mlsId ?? '–'}</dd>
              </div>
              <div>
                <dt>lies at</dt>
                <dd>partition ${entry.partition}, offset ${entry.offset}</dd>
              </div>
            `
      }
      ${
        source === null
          ? nothing
          : html`<div>
              <dt>the source now</dt>
              <dd>${words(source.kind)}${source.why === null ? '' : `: ${source.why}`}</dd>
            </div>`
      }
    </dl>
    ${history.events.length === 0 ? nothing : eventsTable(report)}
    ${
      changed === null
        ? nothing
        : html`<h4>What changed between the last two</h4>
            <div class="scroll" tabindex="0" role="region" aria-label="Changed fields">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Field</th>
                    <th scope="col">Before</th>
                    <th scope="col">Now</th>
                  </tr>
                </thead>
                <tbody>
                  ${changed.fields.map(
                    (field) =>
                      html`<tr>
                        <td>${field.path}</td>
                        <td class="value">${text(field.before)}</td>
                        <td class="value">${text(field.after)}</td>
                      </tr>`,
                  )}
                </tbody>
              </table>
            </div>`
    }
    ${
      deadLetters.length === 0
        ? nothing
        : html`<h4>Dead letters</h4>
            <ul class="plain-list">
              ${deadLetters.map((one) => html`<li>${one.resource}, ${time(one.at)}: ${one.reason} <span class="soft">${size(one.bytes)}, ${one.settledAt === null ? 'waits' : 'settled'}</span></li>`)}
            </ul>`
    }
    ${
      report.related.length === 0
        ? nothing
        : html`<p class="quiet">
            ${report.related.map(({ resource: name, last }) => html`${name}: ${last === null ? 'no event' : html`${last.type} ${time(last.at)}`}. `)}
          </p>`
    }
  `
}

/** @param {KeyReport} report */
function eventsTable({ history, writers }) {
  return html`
    <h4>Events, newest first</h4>
    <div class="scroll" tabindex="0" role="region" aria-label="Events of the key">
      <table>
        <thead>
          <tr>
            <th scope="col">Written</th>
            <th scope="col">Event</th>
            <th scope="col">Why</th>
            <th scope="col">Source's stamp</th>
            <th scope="col" class="num">Offset</th>
            <th scope="col">Pass</th>
          </tr>
        </thead>
        <tbody>
          ${history.events.map((event) => {
            const writer = writers.find(({ passId }) => passId === event.passId)
            return html`<tr>
              <td>${time(event.at)}</td>
              <td>${event.type}</td>
              <td>
                ${event.why ?? '–'}${event.deletion === null ? nothing : html` <span class="soft">${evidenceOf(event.deletion)}</span>`}
              </td>
              <td>${time(event.modificationTimestamp)}</td>
              <td class="num">${number(event.offset)}</td>
              <td>${writer === undefined ? (event.passId ?? '–') : writer.pass}</td>
            </tr>`
          })}
        </tbody>
      </table>
    </div>
    ${history.isCut ? html`<p class="quiet">Looked back to offset ${number(history.lookedFrom)}: there may be older ones.</p>` : nothing}
  `
}

/** @param {unknown} value */
function text(value) {
  const written = typeof value === 'string' ? value : (JSON.stringify(value) ?? '–')
  return printable(written.length > 300 ? `${written.slice(0, 300)}…` : written)
}

/** @param {FormDataEntryValue | null} entry */
function textOf(entry) {
  return typeof entry === 'string' ? entry : ''
}

/** @param {Readonly<Record<string, unknown>>} deletion */
function evidenceOf({ evidence }) {
  return typeof evidence === 'string' ? words(evidence) : ''
}
