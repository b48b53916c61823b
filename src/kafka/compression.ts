import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'

import kafkajs from 'kafkajs'
import type { CompressionTypes } from 'kafkajs'

export type KafkaCompression = 'none' | 'gzip' | 'zstd'

export function compressionType(compression: KafkaCompression): CompressionTypes {
  const types = { none: 'None', gzip: 'GZIP', zstd: 'ZSTD' } as const
  return kafkajs.CompressionTypes[types[compression]]
}

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** Level 1: half the size for a quarter of gzip's time (kafka-client.md §5). */
const LEVEL_1 = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

const zstd = {
  compress: (encoder: { readonly buffer: Buffer }): Promise<Buffer> => compress(encoder.buffer, LEVEL_1),
  decompress: (buffer: Buffer): Promise<Buffer> => decompress(buffer),
}

/** kafkajs knows zstd by number only; the codec is the application's to give. */
export function registerZstd(): void {
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => zstd
}
