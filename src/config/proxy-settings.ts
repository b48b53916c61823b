import type { z } from 'zod'

import type { ProxySettings } from './settings.ts'
import { proxyExceptions, proxyUrl } from './values.ts'

/** Of every group whose client goes out by HTTP. */
export const proxySettings = {
  HTTPS_PROXY: proxyUrl.optional(),
  HTTP_PROXY: proxyUrl.optional(),
  NO_PROXY: proxyExceptions.default(''),
}

export function proxies(s: z.output<z.ZodObject<typeof proxySettings>>): ProxySettings {
  return { https: s.HTTPS_PROXY ?? null, http: s.HTTP_PROXY ?? null, except: s.NO_PROXY }
}
