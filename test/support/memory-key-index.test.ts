import { keyIndexContract } from '../key-index/key-index-contract.ts'
import { MemoryKeyIndex } from './memory-key-index.ts'

keyIndexContract('MemoryKeyIndex', async () => ({
  index: new MemoryKeyIndex(),
  [Symbol.asyncDispose]: async () => undefined,
}))
