import { ApiFailure } from './envelope.ts'

/** The vendor's name of a limit is `MaxValue`; no other was seen (docs/spark-api.md §3.1). */
type Limit =
  | { readonly name: 'MinValue' | 'MaxValue'; readonly value: number }
  | { readonly name: 'Format' | 'Inclusion'; readonly value: string }

/** 400/1053: a parameter outside its limit, which `Details` tell. */
export function outsideLimit(parameter: string, value: string, limit: Limit): ApiFailure {
  const rule = {
    RuleName: limit.name,
    RuleValue: limit.value,
    RuleField: null,
    RuleFieldValue: null,
    Value: value,
  }
  const message = `${parameter} is outside its limits (${limit.name} ${limit.value})`
  return new ApiFailure(400, 1053, message, [], [{ [parameter]: [rule] }])
}
