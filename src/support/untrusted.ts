import { errorCode } from './error-code.ts'

/** OpenSSL's words for a certificate that nobody trusted vouches for. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** Whether a connection failed, by itself or as the cause of the error, for an authority that is not known here. */
export function isUntrusted(error: unknown): boolean {
  const code = errorCode(error)
  if (code !== undefined && UNTRUSTED.has(code)) return true
  return error instanceof Error && error.cause !== undefined && isUntrusted(error.cause)
}
