/** A thread that reads pages. Started by `page-reader.ts`. */
import { parentPort } from 'node:worker_threads'

import { END, type PageQuestion, type ThreadMessage } from './page-messages.ts'
import { PageWorker } from './page-worker.ts'

const worker = new PageWorker()

function post(message: ThreadMessage, moved: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, moved)
}

parentPort?.on('message', (message: PageQuestion | typeof END) => {
  if (message === END) {
    parentPort?.close()
    return
  }
  const { id, ...question } = message
  const page = worker.read(question, (token) => post({ kind: 'token', id, token }))
  const { body } = question
  const contents = page.kind === 'envelope' ? page.rows?.contents : undefined
  const moved = contents === undefined ? [body] : [body, contents.bytes.buffer]
  post({ kind: 'page', id, body, page }, moved)
})
