/** What `verify` says in words. */
import type { KeyFinding, KeyProblem } from '../../consumer/verify/compared-keys.ts'
import { isProved, type ComparedVerdict, type Verdict } from '../../consumer/verify/verdict.ts'
import { formatInstant } from '../../domain/instant.ts'
import type { ResourceName } from '../../domain/resource.ts'
import { grouped } from './phrases.ts'

const FINDINGS: Readonly<Record<KeyProblem, string>> = {
  altered: 'its columns are not what was published: somebody has changed them',
  different: 'the store has other content than the topic',
  missing: 'the topic has it, the store does not',
  surplus: 'the store has it, the topic does not',
}

export function describeFinding(resource: ResourceName, { key, problem }: KeyFinding): string {
  return `${resource} ${key}: ${FINDINGS[problem]}`
}

/** Lines. */
export function describeVerdict(verdict: Verdict): readonly string[] {
  if (verdict.kind === 'no-certificate') return [`${verdict.resource}: ${NO_CERTIFICATE[verdict.why]}`]
  const { resource, keys, certificate } = verdict
  const by = `${certificate.passId} of ${formatInstant(certificate.at)}`
  if (isProved(verdict)) {
    return [`${resource}: proved, ${grouped(keys)} keys, by the certificate of the sweep ${by}`]
  }
  const why = reasons(verdict).map((reason) => `  ${reason}`)
  return [`${resource}: not proved by the certificate of the sweep ${by}:`, ...why]
}

const NO_CERTIFICATE: Readonly<Record<'none' | 'behind', string>> = {
  none: 'not proved: no sweep of this generation has published a certificate yet. Run "listingstream purge", or wait for the next one',
  behind:
    'not proved: the certificates are of later states than the store. Run "listingstream rebuild", then verify again',
}

function reasons({ problems, refuted, unproved, certificate }: ComparedVerdict): readonly string[] {
  const named = Object.values(problems).reduce((sum, count) => sum + count, 0)
  const lines: string[] = []
  if (named > 0) lines.push(`${grouped(named)} ${named === 1 ? 'key differs' : 'keys differ'}, named above`)
  if (refuted.length > 0) {
    lines.push(
      `the topic ${certificate.topic} is not what the certificate says, in ${bucketsOf(refuted)}: run "listingstream index check"`,
    )
  }
  if (unproved.length > 0) {
    lines.push(
      `the topic ${certificate.topic} does not tell any more what it held, in ${bucketsOf(unproved)}: keys have changed since, and were compacted. Verify again after the next sweep`,
    )
  }
  return lines
}

/** Of 256: a few of them named. */
const NAMED = 8

function bucketsOf(buckets: readonly number[]): string {
  const some = buckets.slice(0, NAMED).join(', ')
  const rest = buckets.length > NAMED ? ' …' : ''
  return `${buckets.length} of 256 buckets (${some}${rest})`
}
