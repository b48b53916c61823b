/**
 * Writes a whole number with its sign in the lowest bit, then base 128, lowest first: Avro's `int` and `long`, and the varints of
 * Kafka's records. Exact up to 2^52 on both sides. Answers what is behind it; what lies beyond `out` is left out.
 */
export function writeZigzag(out: Uint8Array, at: number, value: number): number {
  let p = at
  if (value >= -0x4000_0000 && value < 0x4000_0000) {
    let rest = ((value << 1) ^ (value >> 31)) >>> 0
    while (rest > 0x7f) {
      out[p++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    out[p++] = rest
    return p
  }
  let rest = value < 0 ? -2 * value - 1 : 2 * value
  while (rest > 0x7f) {
    out[p++] = (rest % 0x80) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  out[p++] = rest
  return p
}
