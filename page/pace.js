/** @param {number | null} rate records a second; null while it is measured @param {number | null} left seconds, as the daemon reckons @returns {number | null} null: nothing can be said */
export function timeLeft(rate, left) {
  // At no pace there is no end to tell of.
  return rate !== null && Math.round(rate) === 0 ? null : left
}
