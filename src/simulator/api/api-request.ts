/** A request to the API, read. */
export interface ApiRequest {
  /** That of `X-HTTP-Method-Override` if a POST has one. */
  readonly method: string
  readonly path: string
  /** Parameters of the URL. */
  readonly query: URLSearchParams
  /** The same, with those of the form of such a POST. */
  readonly params: URLSearchParams
  /** Of a POST or a PUT, else empty. */
  readonly body: string
  readonly header: (name: string) => string | undefined
}
