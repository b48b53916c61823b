/** The operator's page: files of this package, and of two libraries, which are shipped with it. */
import { readFile } from 'node:fs/promises'

import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'

import { errorCode } from '../../support/error-code.ts'

/** Nothing inline, nothing from elsewhere, in nobody's frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types lit-html',
].join('; ')

const HEADERS = {
  'content-security-policy': POLICY,
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
}

const OWN = new URL('../../../page/', import.meta.url)
/** By the name that the page knows each of them by. */
const LIBRARIES: Readonly<Record<string, () => URL>> = {
  'lit-html.js': () => new URL('../lit-html.js', import.meta.resolve('lit-html')),
  'uplot.js': () => new URL('uPlot.esm.js', import.meta.resolve('uplot')),
  'uplot.css': () => new URL('uPlot.min.css', import.meta.resolve('uplot')),
}
const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}
const NAME = /^[a-z][a-z-]*\.(js|css|svg)$/

/** Who sees the page sees nothing of a feed yet: the files need no token. */
export function addAssetRoutes(app: FastifyInstance): void {
  app.get('/', (_request, reply) => send(reply, new URL('index.html', OWN), 'text/html; charset=utf-8'))
  app.get('/page/:file', (request, reply) => {
    const { file } = PATH.parse(request.params)
    const [, kind = ''] = NAME.exec(file) ?? []
    return send(reply, LIBRARIES[file]?.() ?? new URL(file, OWN), TYPES[kind])
  })
}

const PATH = z.object({ file: z.string() })

/** @param type undefined: there is no such file */
async function send(reply: FastifyReply, file: URL, type: string | undefined): Promise<FastifyReply> {
  const content = type === undefined ? undefined : await contentOf(file)
  if (type !== undefined && content !== undefined) return reply.headers(HEADERS).type(type).send(content)
  reply.callNotFound()
  return reply
}

async function contentOf(file: URL): Promise<Buffer | undefined> {
  try {
    return await readFile(file)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}
