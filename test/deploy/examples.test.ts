import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'
import { parseAllDocuments, parse } from 'yaml'
import { z } from 'zod'

import { GROUPS } from '../../src/config/groups.ts'
import { SECRETS } from '../../src/config/raw-settings.ts'
import { read, ROOT } from '../docs/repository.ts'

const SETTINGS = new Set([
  ...Object.values(GROUPS).flatMap(({ variables }) => variables),
  ...[...SECRETS].map((name) => `${name}_FILE`),
  // Node's own.
  'NODE_ENV',
  'NODE_DISABLE_COMPILE_CACHE',
])
const unknown = (names: readonly string[]): readonly string[] => names.filter((name) => !SETTINGS.has(name))

describe('the Dockerfile', () => {
  const text = read('Dockerfile')

  test('has the Node that the project is tested with', () => {
    const manifest = z.object({ devDependencies: z.object({ node: z.string() }) })
    const { node } = manifest.parse(JSON.parse(read('package.json'))).devDependencies
    const images = [...text.matchAll(/^FROM node:([\d.]+)-/gm)].map(([, version]) => version)
    expect(images).toEqual([node, node])
  })

  test('copies what is there, and what .dockerignore lets in', () => {
    const copies = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, list = '']) =>
      list.split(' '),
    )
    expect(copies.length).toBeGreaterThan(5)
    expect(copies.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
    const allowed: readonly string[] = read('.dockerignore').match(/(?<=^!).+$/gm) ?? []
    expect(copies.filter((path) => !allowed.includes(path))).toEqual([])
  })

  test('has all that the package has, but for what runs a broker', () => {
    const manifest = z.object({ files: z.array(z.string()) })
    const { files } = manifest.parse(JSON.parse(read('package.json')))
    const copied = [
      ...text
        .split(/^FROM /m)
        .at(-1)!
        .matchAll(/^COPY (?:--from=\S+ )?(.+) \S+$/gm),
    ].flatMap(([, list = '']) => list.split(' ').map((path) => path.replace('/build/', '')))
    expect(files.filter((path) => !copied.includes(path)).toSorted()).toEqual(['docker-compose.yml', 'stack'])
  })

  test('sets only what the program knows', () => {
    const names = text.match(/\b[A-Z][A-Z_]+(?==)/g) ?? []
    expect(names).toContain('DATA_DIR')
    expect(unknown(names)).toEqual([])
  })
})

describe('the examples of deploy/', () => {
  test('for Kubernetes set only what the program knows, one replica, and probe what the server has', () => {
    const [config, , set] = parseAllDocuments(read('deploy/kubernetes/listingstream.yml')).map((document) =>
      document.toJSON(),
    )
    const { data } = z.object({ data: z.record(z.string(), z.string()) }).parse(config)
    expect(unknown(Object.keys(data))).toEqual([])
    const { spec } = z.looseObject({ spec: z.looseObject({ replicas: z.number() }) }).parse(set)
    expect(spec.replicas).toBe(1)
    const probes = JSON.stringify(set).match(/(?<="path":")[^"]+/g) ?? []
    expect(new Set(probes)).toEqual(new Set(['/livez', '/readyz']))
  })

  test('for systemd set only what the program knows, and do not start again after 2 and 4', () => {
    const unit = read('deploy/systemd/listingstream.service')
    const names = [...unit.matchAll(/^Environment=(.+)$/gm)].flatMap(([, pairs = '']) =>
      pairs.split(' ').map((pair) => pair.split('=')[0] ?? ''),
    )
    expect(names).toContain('SPARK_ACCESS_TOKEN_FILE')
    expect(unknown(names)).toEqual([])
    expect(unit).toMatch(/^RestartPreventExitStatus=2 4$/m)
  })

  test('for Compose set only what the program knows, and mount what is there', () => {
    const service = z.looseObject({
      environment: z.record(z.string(), z.string()),
      volumes: z.array(z.string()),
    })
    const { services } = z
      .object({ services: z.object({ listingstream: service, prometheus: z.unknown(), grafana: service }) })
      .parse(parse(read('deploy/compose.yml')))
    expect(unknown(Object.keys(services.listingstream.environment))).toEqual([])
    const mounts = read('deploy/compose.yml').match(/(?<=- )\.\/[^:]+/g) ?? []
    expect(mounts.length).toBe(4)
    expect(mounts.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  })
})
