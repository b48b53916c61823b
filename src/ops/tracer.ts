/** What a span says beside its name and its times. Nothing secret, and nothing that grows. */
export type SpanFacts = Readonly<Record<string, string | number | boolean>>

/** A span while its work goes on. */
export interface OpenSpan {
  note(facts: SpanFacts): void
  /** It is told to nobody: there was nothing. */
  forget(): void
}

/** Tells somebody else what the program is at, as spans that lie within each other. */
export interface Tracer extends AsyncDisposable {
  /** Spans that the work makes, later too, lie within this one. It has failed if the work rejects. */
  span<T>(name: string, facts: SpanFacts, work: (span: OpenSpan) => Promise<T>): Promise<T>
}
