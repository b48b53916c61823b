/** Where the keyboard goes on after what was used is gone, or was shut out for a while. */

const FOCUSABLE = 'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), summary'

/** A browser that does not focus what is clicked. @type {Element | null} */
let clicked = null
/** What could be used when something was, in order, and which of it was. @type {{ all: readonly HTMLElement[], at: number }} */
let origin = { all: [], at: -1 }

export function watchClicks() {
  addEventListener(
    'click',
    ({ target }) => {
      clicked = target instanceof Element ? target.closest('button') : null
    },
    true,
  )
}

/**
 * Does what a control was used for; then the focus is there again, or at the nearest one that stands, unless the operator has
 * gone on meanwhile.
 *
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function keepingFocus(work) {
  const page = document.getElementById('page')
  const used = isNowhere() ? clicked : document.activeElement
  const all = /** @type {HTMLElement[]} */ ([...(page?.querySelectorAll(FOCUSABLE) ?? [])])
  const at = all.findIndex((one) => one === used)
  if (at !== -1) origin = { all, at }
  try {
    return await work()
  } finally {
    await drawn()
    focusAgain()
  }
}

/** To where something was last used. */
export function focusAgain() {
  if (!isNowhere()) return
  const { all, at } = origin
  for (let distance = 0; distance < all.length; distance += 1) {
    for (const one of [all[at + distance], all[at - distance]]) {
      one?.focus()
      if (one !== undefined && document.activeElement === one) return
    }
  }
}

function isNowhere() {
  return document.activeElement === null || document.activeElement === document.body
}

/** What changed is drawn with the next frame. A hidden page has none. @returns {Promise<void>} */
export function drawn() {
  if (document.hidden) return Promise.resolve()
  return new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(() => resolve()))
  })
}
