import { describe, expect, test } from 'vitest'

import { parsePostgresUrl, postgresName } from '../../../src/consumer/rebuild/postgres/postgres-target.ts'

describe('the address of a store in PostgreSQL', () => {
  test('names what it does not say otherwise than by leaving it out', () => {
    expect(parsePostgresUrl('postgres://db.example/market')).toEqual({
      kind: 'postgres',
      host: 'db.example',
      port: undefined,
      user: undefined,
      password: undefined,
      database: 'market',
      schema: 'public',
      sslMode: 'prefer',
      sslRootCert: undefined,
    })
  })

  test('says everything else', () => {
    const url =
      'postgresql://re%40der:p%2Fw@[::1]:5433/my%20db?schema=market&sslmode=verify-full&sslrootcert=/etc/ca.pem'
    expect(parsePostgresUrl(url)).toEqual({
      kind: 'postgres',
      host: '::1',
      port: 5433,
      user: 're@der',
      password: 'p/w',
      database: 'my db',
      schema: 'market',
      sslMode: 'verify-full',
      sslRootCert: '/etc/ca.pem',
    })
    expect(parsePostgresUrl('postgres:///market?host=/var/run/postgresql')).toMatchObject({
      host: '/var/run/postgresql',
      database: 'market',
    })
  })

  test.each([
    ['postgres://db.example', 'name the database'],
    ['postgres://db.example/', 'name the database'],
    ['mysql://db.example/market', 'no address of PostgreSQL'],
    ['postgres://db.example/market?sslmode=on', 'sslmode is one of disable, prefer'],
    ['postgres://db.example/market?shema=x', '"shema" is none of the parameters'],
    ['postgres://db.example/market?schema=a-b', 'a schema is'],
    ['postgres://db.example/market?schema=pg_toast', 'a schema is'],
  ])('%s is refused with what to do', (url, message) => {
    expect(() => parsePostgresUrl(url)).toThrow(message)
  })

  test('shows no password, neither in its name nor in what is said of a wrong one (R15)', () => {
    const name = postgresName(parsePostgresUrl('postgres://reader:hunter22@db.example:5433/market?schema=m'))
    expect(name).toBe('postgres://reader@db.example:5433/market?schema=m')
    for (const wrong of [
      'postgres://reader:hunter22@db.example/?x',
      'postgres://a:hunter22@x@y:99999/market',
    ]) {
      const said = messageOf(() => parsePostgresUrl(wrong))
      expect(said).toMatch(/^postgres:\/\/\w+:\[redacted\]@/)
      expect(said).not.toContain('hunter22')
    }
  })
})

function messageOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    return error instanceof Error ? error.message : ''
  }
  return ''
}
