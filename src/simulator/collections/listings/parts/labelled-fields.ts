/** A field of rooms or units. It is the MLS's own: people see its label. */
export interface LabelledField {
  readonly label: string
  readonly type: 'Character' | 'Integer' | 'Decimal'
  /** Empty for a field without a list. */
  readonly options: readonly string[]
}

/** By name, as in the metadata and in raw sets (docs/spark-api.md §1.3, §4.7). */
export type LabelledFields = Readonly<Record<string, LabelledField>>

export const ROOM_FIELDS: LabelledFields = {
  RoomName: text('Room Name', 'Bedroom', 'Kitchen', 'Living Room'),
  LevelOrFloor: text('Room Level', '1', '2', 'Basement'),
  Area: number('Area'),
  Length: number('Length'),
  Width: number('Width'),
  Description: text('Description'),
}

export const UNIT_FIELDS: LabelledFields = {
  unit_nbr: text('Unit #'),
  BedsTotal: { label: 'Beds', type: 'Integer', options: [] },
  BathsTotal: number('Baths'),
  sqft: number('SqFt'),
  ActualRent: number('Actual Rent'),
}

function text(label: string, ...options: string[]): LabelledField {
  return { label, type: 'Character', options }
}

function number(label: string): LabelledField {
  return { label, type: 'Decimal', options: [] }
}
