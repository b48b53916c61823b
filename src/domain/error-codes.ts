/** Codes by which a room knows an error that another one raised; each is raised where the port's comment says so. */

/** A token that was accepted before is refused (HTTP 400): the walk begins anew (R7). */
export const TOKEN_REFUSED = 'SPARK_TOKEN_REFUSED'

/** A mark of a pass cannot be read: what it had gathered counts as lost. */
export const LEDGER_DAMAGED = 'LEDGER_DAMAGED'

/** A transaction of that size outlasts the broker's patience; nothing of it is visible. */
export const TRANSACTION_TOO_SLOW = 'KAFKA_TRANSACTION_TOO_SLOW'
