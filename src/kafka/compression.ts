import { promisify } from 'node:util'
import { constants, gzip, zstdCompress, zstdCompressSync, type ZstdOptions } from 'node:zlib'

/** What the program writes. The broker may store another one, so that all of Kafka's are read. */
export type KafkaCompression = 'none' | 'gzip' | 'zstd'

/** As a batch's attributes name it. */
export const CODEC_NUMBERS = { none: 0, gzip: 1, zstd: 4 } as const satisfies Readonly<
  Record<KafkaCompression, number>
>

/** Off the main thread, but for what is small. What becomes half as long, as most does, is one piece of memory (docs/kafka.md §13). */
export async function compressed(compression: KafkaCompression, plain: Buffer): Promise<Buffer> {
  switch (compression) {
    case 'none':
      return plain
    case 'gzip':
      return await compressGzip(plain)
    case 'zstd':
      return plain.length <= SMALL_BYTES
        ? zstdCompressSync(plain, zstdOptions(plain))
        : await compressZstd(plain, zstdOptions(plain))
  }
}

const compressZstd = promisify(zstdCompress)
const compressGzip = promisify<Buffer, Buffer>(gzip)

/** To give so little to another thread takes 0.15 ms of CPU, and to compress it 0.03. */
const SMALL_BYTES = 16 * 1024

/** zlib refuses less. */
const MIN_CHUNK = 64
/** Level 1: half the size for a quarter of gzip's time (docs/kafka.md §5). */
const LEVEL_1 = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

function zstdOptions({ length }: Buffer): ZstdOptions {
  return { ...LEVEL_1, chunkSize: Math.max(MIN_CHUNK, length >> 1) }
}
