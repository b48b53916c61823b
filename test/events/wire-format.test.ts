import { describe, expect, test } from 'vitest'

import { frame, unframe } from '../../src/events/wire-format.ts'
import type { SchemaId } from '../../src/domain/content.ts'

describe('Confluent wire format', () => {
  test('a value is a zero, the id as four big-endian bytes, and the Avro parts in their order', () => {
    const bytes = frame(0x01_02_03_ff as SchemaId, Uint8Array.of(9), Uint8Array.of(8, 7))
    expect([...bytes]).toEqual([0, 1, 2, 3, 0xff, 9, 8, 7])
  })

  test('ids take all 32 bits', () => {
    const { schemaId, avro } = unframe(frame(0xff_ff_ff_fe as SchemaId, Uint8Array.of(5)))
    expect(schemaId).toBe(0xff_ff_ff_fe)
    expect([...avro]).toEqual([5])
  })

  test.for([[[1, 0, 0, 0, 1, 2]], [[0, 0, 0, 1]], [[]]])('%j is not ours', ([bytes]) => {
    expect(() => unframe(Uint8Array.from(bytes ?? []))).toThrow(
      expect.objectContaining({ code: 'EVENT_UNREADABLE', retryable: false }),
    )
  })
})
