/** What the source sends instead of a value that the user may not see (docs/spark-api.md §4.2). */
export const MASKED = '********'
