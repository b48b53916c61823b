/** Types that the source names (docs/spark-api.md §4.9). It may name others. */
type KnownFieldType = 'Character' | 'Integer' | 'Decimal' | 'Boolean' | 'Date' | 'Datetime'

/** One field of a record, as the source's metadata describes it (docs/spark-api.md §4.9). */
export interface FieldDescription {
  /** For standard fields the API's own name, unique with regard to case. */
  readonly name: string
  /** As the source spells it; empty where it says nothing. */
  readonly type: KnownFieldType | (string & {})
  /** For people. The name where the source has none. */
  readonly label: string
  /** Its values come from a list. */
  readonly hasList: boolean
  /** Several values of the list at once. */
  readonly multiSelect: boolean
  /** May stand in a filter. */
  readonly searchable: boolean
  /** Null where the source says nothing. */
  readonly nullable: boolean | null
  /** Of a custom field: the group that it stands in. Null for standard fields. */
  readonly group: string | null
  /** Property types in which the MLS shows it: codes, or names with codes. Null where the source says nothing. */
  readonly shownFor: readonly string[] | null
}
