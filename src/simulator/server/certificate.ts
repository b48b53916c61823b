import { isIP } from 'node:net'

import { generate } from 'selfsigned'

/** PEM texts. */
export interface Certificate {
  readonly key: string
  readonly cert: string
  /** Certificate of the authority that signed it: what a client is to trust. Its key is kept nowhere. */
  readonly authority: string
}

const DAY_MS = 86_400_000

/** Makes an authority, and a certificate by it for `localhost`, the loopback addresses and `host`, good for 30 days. */
export async function makeCertificate(host: string): Promise<Certificate> {
  const options = {
    keyType: 'ec',
    algorithm: 'sha256',
    // A client's clock may be a little behind.
    notBeforeDate: new Date(Date.now() - DAY_MS),
    notAfterDate: new Date(Date.now() + 30 * DAY_MS),
  } as const
  const authority = await generate([{ name: 'commonName', value: 'Listingstream simulator' }], {
    ...options,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  })
  const hosts = [...new Set(['localhost', '127.0.0.1', '::1', host])]
  const server = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...options,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: hosts.map((name) => (isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name })),
      },
    ],
  })
  return { key: server.private, cert: server.cert, authority: authority.cert }
}
