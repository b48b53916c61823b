import Encoder from 'kafkajs/src/protocol/encoder.js'

/** What kafkajs gives every encoder at its birth, whatever it will hold. */
const FIRST_BYTES = 511
/** Holds most headers. */
const SMALLEST_BUFFER = 128

const nextPowerOfTwo = Encoder.nextPowerOfTwo

/**
 * kafkajs makes an encoder for each header of each record, gives each one 512 zeroed bytes of its own, and a buffer to
 * each byte of a variable-length number: with a dozen headers that is more work than parsing the record was. The bytes
 * written stay the same; they are written into memory that is taken when it is needed, from Node's pool.
 */
export function spareEncoderBuffers(): void {
  Encoder.nextPowerOfTwo = (bytes) => (bytes === FIRST_BYTES ? 0 : nextPowerOfTwo(bytes))
  Encoder.prototype.ensureAvailable = ensureAvailable
  Encoder.prototype.writeUVarInt = writeUVarInt
}

function ensureAvailable(this: Encoder, bytes: number): void {
  const needed = this.offset + bytes
  if (needed <= this.buf.length) return
  const larger = Buffer.allocUnsafe(Math.max(SMALLEST_BUFFER, nextPowerOfTwo(needed)))
  this.buf.copy(larger, 0, 0, this.offset)
  this.buf = larger
}

/** LEB128 of 32 bits, as the method that it replaces. */
function writeUVarInt(this: Encoder, value: number): Encoder {
  this.ensureAvailable(5)
  let rest = value
  while ((rest & ~0x7f) !== 0) {
    this.buf[this.offset] = (rest & 0x7f) | 0x80
    this.offset += 1
    rest >>>= 7
  }
  this.buf[this.offset] = rest
  this.offset += 1
  return this
}
