import { withoutCaseTwins } from '../../../events/schema/case-twins.ts'
import type { Column, ColumnType, RebuildStore, Table } from '../store.ts'
import { tableName, type RebuiltResource } from '../rebuilt-resource.ts'

/** Columns that are not fields of the source; of its key and its stamp the names follow from the resource. */
const OWN_COLUMNS = [
  'ObservedAt',
  'CustomFields',
  'MaskedFields',
  'UnmappedFields',
  'VolatileFields',
  'ContentDigest',
  'SchemaId',
] as const

export interface WantedColumn {
  readonly name: string
  readonly type: ColumnType
  readonly field: string
  /** Of the source's: it gives way to ours, and to what the store can hold. */
  readonly isSourceField: boolean
}

/** The columns of one table as they come to be: each is added once, behind the others, and keeps its name. */
export class TableColumns {
  readonly #source: RebuiltResource
  readonly #limits: RebuildStore['limits']
  readonly #columns: Column[]
  /** By field and type: a field of another type is another column. */
  readonly #places: Map<string, number>
  readonly #reserved: readonly string[]

  /** @param known what the table has already */
  constructor(source: RebuiltResource, limits: RebuildStore['limits'], known: readonly Column[] = []) {
    this.#source = source
    this.#limits = limits
    this.#columns = [...known]
    this.#places = new Map(known.map((column, place) => [identity(column), place]))
    const { stamp } = source.resource
    const { keyColumn: name, resource } = source
    // A table has its key, be there an event of the resource or not.
    this.place({ name, type: 'text', field: resource.events.key, isSourceField: false })
    this.#reserved = [source.keyColumn, ...(stamp === null ? [] : [stamp]), ...OWN_COLUMNS]
  }

  table(): Table {
    return {
      name: tableName(this.#source),
      resource: this.#source.resource.name,
      columns: [...this.#columns],
    }
  }

  get width(): number {
    return this.#columns.length
  }

  /** The column's place, which is made if it is not there; undefined if the store has no room for it. */
  place(wanted: WantedColumn): number | undefined {
    const known = this.#places.get(identity(wanted))
    if (known !== undefined) return known
    // Ours find room whenever they come.
    const left = this.#limits.maxColumns - this.#columns.length
    if (wanted.isSourceField && left <= this.#reserved.length) return undefined
    const column = { name: this.#nameOf(wanted), type: wanted.type, field: wanted.field }
    this.#columns.push(column)
    const place = this.#columns.length - 1
    this.#places.set(identity(column), place)
    return place
  }

  #nameOf({ name, isSourceField }: WantedColumn): string {
    const used = this.#columns.map((column) => column.name)
    const taken = isSourceField ? [...used, ...this.#reserved] : used
    const { maxNameBytes } = this.#limits
    const [given = name] = withoutCaseTwins([name.slice(0, maxNameBytes)], taken)
    if (given.length <= maxNameBytes) return given
    const [shorter = name] = withoutCaseTwins([name.slice(0, maxNameBytes - '_9999'.length)], taken)
    return shorter
  }
}

function identity({ field, type }: Pick<Column, 'field' | 'type'>): string {
  return `${field} ${type}`
}
