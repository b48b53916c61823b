import { hash32, pick } from '../../../prng.ts'
import type { PartKind } from './part-kind.ts'
import { PRIVACIES } from './part-metadata.ts'
import { partId, partText, partUri } from './part-values.ts'

/** docs/spark-api.md §4.5 */
export const DOCUMENTS: PartKind = {
  name: 'documents',
  expansion: 'Documents',
  at: 'fields',
  isOfOne: false,
  stamp: 'documentsAt',
  first: ({ seed }) => (hash32(seed, 12) % 3 === 0 ? hash32(seed, 15) % 4 : 0),
  attributes(listing, part) {
    const id = partId(listing, part)
    return {
      Id: id,
      ResourceUri: partUri(listing, 'documents', id),
      Name: partText(listing, part, 41),
      Uri: `https://documents.example.org/sim/${id}.pdf`,
      Privacy: pick(PRIVACIES, part.number),
    }
  },
}
