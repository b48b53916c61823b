/** The thread that decodes and writes. Started by `threaded-writer.ts`. */
import { parentPort, workerData } from 'node:worker_threads'

import { SerialQueue } from '../../../support/serial-queue.ts'
import type { WaitingListener } from '../store.ts'
import { openStore } from '../store-target.ts'
import { StoreWriter } from './store-writer.ts'
import {
  sentFailure,
  type WriterAnswer,
  type WriterCall,
  type WriterQuestion,
  type WriterThreadData,
} from './writer-messages.ts'

const { target, sources }: WriterThreadData = workerData
const cancelled = new AbortController()
const queue = new SerialQueue()
let opened: StoreWriter | undefined

parentPort?.on('message', (question: WriterQuestion) => {
  if (question === 'cancel') cancelled.abort()
  else void answer(question)
})

async function answer({ id, ...call }: Exclude<WriterQuestion, string>): Promise<void> {
  let said: WriterAnswer
  const tellWaiting: WaitingListener = (waitingFor) => post({ id, waitingFor })
  try {
    said = { id, result: await queue.run(() => perform(call, tellWaiting)) }
  } catch (error) {
    said = { id, failure: sentFailure(error) }
  }
  post(said)
}

function post(answer: WriterAnswer): void {
  parentPort?.postMessage(answer, [])
}

function perform(call: WriterCall, onWaiting: WaitingListener): Promise<unknown> {
  // Here, so that what its making says becomes an answer.
  const writer = (opened ??= new StoreWriter(openStore(target), sources, cancelled.signal))
  switch (call.call) {
    case 'open':
      return writer.open()
    case 'begin':
      return writer.begin(...call.args)
    case 'learn':
      return writer.learn(call.schema)
    case 'stage':
      return writer.stage(call.batch)
    case 'finish':
      return writer.finish(onWaiting)
    case 'close':
      parentPort?.unref()
      return writer[Symbol.asyncDispose]()
  }
}
