import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate in a file of its own, for as long as it is not disposed of. */
export interface AuthorityFile extends AsyncDisposable {
  readonly path: string
}

export async function writeAuthority(pem: string): Promise<AuthorityFile> {
  const folder = await mkdtemp(join(tmpdir(), 'listingstream-simulator-'))
  const path = join(folder, 'ca.pem')
  await writeFile(path, pem)
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}
