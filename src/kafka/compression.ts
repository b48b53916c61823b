import { promisify } from 'node:util'
import { constants, gzip, zstdCompress, zstdCompressSync, type ZstdOptions } from 'node:zlib'

import { lz4Compress, snappyCompress } from '@platformatic/wasm-utils'
import kafkajs from 'kafkajs'

import { decompress } from './decompression.ts'
import { KafkaError } from './errors.ts'

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

interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>
  decompress(buffer: Buffer): Promise<Buffer>
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

const CODECS: Readonly<Record<'GZIP' | 'Snappy' | 'LZ4' | 'ZSTD', Codec>> = {
  GZIP: codec('gzip', compressGzip, (bytes) => decompress(1, bytes)),
  ZSTD: codec(
    'zstd',
    (plain) => compressZstd(plain, LEVEL_1),
    (bytes) => decompress(4, bytes),
  ),
  LZ4: codec('lz4', lz4Compress, (bytes) => decompress(3, bytes)),
  Snappy: codec('snappy', snappyCompress, (bytes) => decompress(2, bytes)),
}

function codec(
  name: string,
  compress: (plain: Buffer) => Buffer | Promise<Buffer>,
  inflate: (bytes: Buffer) => Promise<Buffer>,
): Codec {
  return {
    compress: async ({ buffer }) => compress(buffer),
    async decompress(buffer) {
      try {
        return await inflate(buffer)
      } catch (cause) {
        throw new KafkaError(
          `A batch of ${buffer.length} bytes says that it is compressed with ${name}, and cannot be decompressed: the log is damaged. Restore the partition from another replica.`,
          { code: 'KAFKA_BATCH_DAMAGED', cause },
        )
      }
    },
  }
}

/** kafkajs itself has gzip alone; it knows the others by number, and their codecs are the application's to give. */
export function registerCodecs(): void {
  const { CompressionCodecs: codecs, CompressionTypes: types } = kafkajs
  codecs[types.GZIP] = () => CODECS.GZIP
  codecs[types.Snappy] = () => CODECS.Snappy
  codecs[types.LZ4] = () => CODECS.LZ4
  codecs[types.ZSTD] = () => CODECS.ZSTD
}
