import type { HoldChanges } from '../domain/hold.ts'
import { holdKey } from '../feed/hold-key.ts'
import type { StateCodec } from '../feed/state-codec.ts'
import type { OutgoingRecord } from '../kafka/outgoing-record.ts'
import { stateRecord } from './transaction-records.ts'

/** A record for each chunk, and a tombstone for each that is held no longer. */
export function holdRecords(
  { written, ended }: HoldChanges,
  codec: Pick<StateCodec, 'heldKeys'>,
): readonly OutgoingRecord[] {
  return [
    ...written.map((held) => {
      const { hold, chunk } = held
      return stateRecord(holdKey({ ...hold, chunk }), codec.heldKeys(held))
    }),
    ...ended.map((id) => ({ key: holdKey(id), value: null, headers: [] })),
  ]
}
