/** A request to the API, read. */
export interface ApiRequest {
  /** `GET` also for a POST that `X-HTTP-Method-Override` turns into one. */
  readonly method: string
  readonly path: string
  readonly params: URLSearchParams
  readonly header: (name: string) => string | undefined
}
