import type { ResourceDescription } from '../../domain/resource.ts'

/** A resource that becomes a table. Plain data: it also goes to the thread that writes. */
export interface RebuiltResource {
  readonly resource: ResourceDescription
  /** Column of the record's key, under the source's own name of it: for a set that of the record that it is a part of. */
  readonly keyColumn: string
}

export function tableName({ resource }: RebuiltResource): string {
  return resource.name.replaceAll('-', '_')
}
