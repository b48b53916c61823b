/** Two questions to the operator: whether it is meant, and by what token. */
import { unsendable } from './header-text.js'
import { html, nothing, render } from './markup.js'

/**
 * @param {{ title: string, text: string, yes: string, danger: boolean }} question
 * @returns {Promise<boolean>}
 */
export async function confirmed({ title, text, yes, danger }) {
  const answer = await ask(html`
    <h2 id="dialog-title">${title}</h2>
    <p>${text}</p>
    <div class="buttons">
      <button type="button" @click=${cancel}>Cancel</button>
      <button value="yes" class=${danger ? 'danger' : 'primary'}>${yes}</button>
    </div>
  `)
  return answer?.choice === 'yes'
}

/**
 * @param {string} why
 * @param {string | null} wrong what is wrong with the one that was given
 * @returns {Promise<string | null>} null: none is given; empty: the one before is to be forgotten
 */
export async function askToken(why, wrong) {
  const answer = await ask(html`
    <h2 id="dialog-title">Operator's token</h2>
    <p>${why}</p>
    <p>
      <label class="wide"
        >ADMIN_TOKEN
        <input
          name="token"
          type="password"
          autocomplete="off"
          aria-invalid=${wrong === null ? nothing : 'true'}
          aria-describedby=${wrong === null ? nothing : 'token-error'}
      /></label>
    </p>
    ${wrong === null ? nothing : html`<p class="error" id="token-error" role="alert">${wrong}</p>`}
    <p class="quiet">It is kept as long as this tab is open, and sent to this daemon alone.</p>
    <div class="buttons">
      <button type="button" @click=${cancel}>Cancel</button>
      <button value="yes" class="primary">Use it</button>
    </div>
  `)
  const given = answer?.choice === 'yes' ? answer.fields.get('token') : null
  if (typeof given !== 'string') return null
  const flaw = unsendable(given.trim())
  return flaw === null ? given.trim() : await askToken(why, flaw)
}

const HOUR_MS = 3_600_000
const PAUSES = [1, 2, 8, 24]

/** @param {string} what @returns {Promise<{ forMs?: number } | null>} null: it is not paused */
export async function askPause(what) {
  const answer = await ask(html`
    <h2 id="dialog-title">Pause ${what}?</h2>
    <p>Passes by schedule stand still; what is asked for by hand still runs. It outlives a restart.</p>
    <p>
      <label
        >For
        <select name="hours">
          ${PAUSES.map((hours) => html`<option value=${hours}>${hours} h</option>`)}
          <option value="">as long as nobody resumes them</option>
        </select></label
      >
    </p>
    <div class="buttons">
      <button type="button" @click=${cancel}>Cancel</button>
      <button value="yes" class="primary">Pause</button>
    </div>
  `)
  if (answer?.choice !== 'yes') return null
  const hours = Number(answer.fields.get('hours'))
  return hours === 0 ? {} : { forMs: hours * HOUR_MS }
}

/**
 * @param {import('./lit-html.js').TemplateResult} content
 * @returns {Promise<{ choice: string, fields: FormData } | null>}
 */
function ask(content) {
  const dialog = document.createElement('dialog')
  dialog.setAttribute('aria-labelledby', 'dialog-title')
  const form = document.createElement('form')
  form.method = 'dialog'
  dialog.append(form)
  document.body.append(dialog)
  render(content, form)
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      const answer =
        dialog.returnValue === '' ? null : { choice: dialog.returnValue, fields: new FormData(form) }
      dialog.remove()
      resolve(answer)
    })
    dialog.showModal()
  })
}

/** No button that submits: Enter means the other one. @param {Event} event */
function cancel({ currentTarget }) {
  if (currentTarget instanceof Element) currentTarget.closest('dialog')?.close('')
}
