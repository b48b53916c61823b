/** Codes by which a room knows an error that another one raised; each is raised where the port's comment says so. */

/** A token that was accepted before is refused (HTTP 400): the walk begins anew (R7). */
export const TOKEN_REFUSED = 'SPARK_TOKEN_REFUSED'

/** The source stumbles over its own data (500 with Code 1026), asked again and again: without the record at fault it may not. */
export const DATA_FAILED = 'SPARK_DATA_FAILED'

/** The source took too long for the rows (1515), however few were asked for. */
export const TOO_SLOW = 'SPARK_TOO_SLOW'

/** The source took too long for the filter (1516): a narrower one may do. */
export const FILTER_TOO_SLOW = 'SPARK_FILTER_TOO_SLOW'

/** A mark of a pass cannot be read: what it had gathered counts as lost. */
export const LEDGER_DAMAGED = 'LEDGER_DAMAGED'

/** The topic of holds does not have (any more) what it is asked for. */
export const HOLD_LOST = 'HOLD_LOST'

/** A daemon that can be reached from elsewhere has no token to know its operator by. */
export const ADMIN_TOKEN_UNSET = 'ADMIN_TOKEN_UNSET'

/** A transaction of that size outlasts the broker's patience; nothing of it is visible. */
export const TRANSACTION_TOO_SLOW = 'KAFKA_TRANSACTION_TOO_SLOW'
