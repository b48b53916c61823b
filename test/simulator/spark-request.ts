import type { SimulatorServer } from '../../src/simulator/server/start-simulator.ts'

interface Row {
  readonly Id: string
  readonly ResourceUri: string
  readonly StandardFields?: Readonly<Record<string, unknown>>
  readonly [name: string]: unknown
}

export interface Data {
  readonly Success: boolean
  readonly Results?: readonly Row[]
  readonly SkipToken?: string | null
  readonly Code?: number
  readonly LastUpdated?: string
  readonly SparkQLErrors?: readonly { readonly Token: string; readonly Status: string }[]
  readonly Pagination?: Readonly<Record<string, number>>
}

export const NOW = Date.UTC(2026, 4, 2, 14, 3, 9)

export function request(
  { simulator, url }: SimulatorServer,
  path: string,
  init: Omit<RequestInit, 'headers'> & { readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Response> {
  const headers = { Authorization: `Bearer ${simulator.accessToken}`, ...init.headers }
  return fetch(url + path, { ...init, headers })
}

/** Status and `D` of a GET with these parameters. */
export async function get(
  server: SimulatorServer,
  path: string,
  params: Readonly<Record<string, string>> = {},
): Promise<{ status: number; D: Data }> {
  const query = new URLSearchParams(params).toString()
  const response = await request(server, query === '' ? path : `${path}?${query}`)
  const { D } = (await response.json()) as { D: Data }
  return { status: response.status, D }
}

/** Status and answer of a command under `/_simulator/`. */
export async function control(
  { url }: SimulatorServer,
  method: string,
  path: string,
  command?: unknown,
): Promise<{ status: number; body: unknown }> {
  const content = command === undefined ? {} : { body: JSON.stringify(command) }
  const response = await fetch(`${url}/_simulator/${path}`, { method, ...content })
  return { status: response.status, body: await response.json() }
}

/** A walk as the vendor's page describes it: to an empty page, or an absent, empty or unchanged token. */
export async function walk(
  server: SimulatorServer,
  params: Readonly<Record<string, string>> = {},
  path = '/v1/listings',
): Promise<readonly Data[]> {
  const pages: Data[] = []
  let token = ''
  for (;;) {
    const { D } = await get(server, path, { ...params, _skiptoken: token })
    pages.push(D)
    const next = D.SkipToken ?? ''
    if (next === '' || next === token) return pages
    token = next
  }
}

export function keysOf(pages: readonly Data[]): string[] {
  return pages.flatMap((page) => (page.Results ?? []).map((row) => row.Id))
}

export async function keysWhere(server: SimulatorServer, filter: string): Promise<string[]> {
  return keysOf(await walk(server, { _limit: '1000', _select: 'Id', _filter: filter }))
}
