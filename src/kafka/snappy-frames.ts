/** Begins what Java's Snappy stream writes, which is what a Kafka broker and its Java clients use; others write one raw block. */
const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
/** The magic bytes, the stream's version and the oldest one that can read it. */
const HEADER_BYTES = MAGIC.length + 8
const LENGTH_BYTES = 4

/**
 * The raw Snappy blocks of a compressed batch: of a stream each with its length before it, 32 bits, big-endian; otherwise
 * the batch is one block.
 *
 * @throws {RangeError} if the stream is cut
 */
export function snappyBlocks(compressed: Buffer): readonly Buffer[] {
  if (!isHeader(compressed, 0)) return [compressed]
  const blocks: Buffer[] = []
  for (let at = 0; at < compressed.length;) {
    // Streams may follow each other.
    if (isHeader(compressed, at)) {
      at += HEADER_BYTES
      continue
    }
    const begin = at + LENGTH_BYTES
    const end = begin > compressed.length ? Infinity : begin + compressed.readUInt32BE(at)
    if (end > compressed.length) {
      throw new RangeError(`The Snappy stream ends at byte ${compressed.length}, within a block.`)
    }
    blocks.push(compressed.subarray(begin, end))
    at = end
  }
  return blocks
}

function isHeader(bytes: Buffer, at: number): boolean {
  return bytes.length >= at + HEADER_BYTES && bytes.subarray(at, at + MAGIC.length).equals(MAGIC)
}
