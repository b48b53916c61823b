/** A thread that reads pages. Started by `page-reader.ts`. */
import { parentPort } from 'node:worker_threads'

import type { PageAnswer, PageQuestion } from './page-messages.ts'
import { PageWorker } from './page-worker.ts'

const worker = new PageWorker()

parentPort?.on('message', ({ id, ...question }: PageQuestion) => {
  const page = worker.read(question)
  const { body } = question
  const contents = page.kind === 'envelope' ? page.rows?.contents : undefined
  const moved = contents === undefined ? [body] : [body, contents.bytes.buffer]
  const answer: PageAnswer = { id, body, page }
  parentPort?.postMessage(answer, moved)
})
