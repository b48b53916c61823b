/** kafkajs brings no zstd: its consumers get Node's, in the way that its documentation has for it. */
import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'

import kafkajs from 'kafkajs'

const compress = promisify<Buffer, Buffer>(zstdCompress)
const decompress = promisify<Buffer, Buffer>(zstdDecompress)

export function useZstd(): void {
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
    compress: ({ buffer }: { readonly buffer: Buffer }) => compress(buffer),
    decompress,
  })
}
