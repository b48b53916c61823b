import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, test, type TestContext } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'

import { filesLike, read, ROOT } from '../docs/repository.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const RULES = z.object({
  groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string() })) })),
})
const RULE_TESTS = z.object({
  tests: z.array(
    z.object({
      alert_rule_test: z.array(z.object({ alertname: z.string(), exp_alerts: z.array(z.looseObject({})) })),
    }),
  ),
})
const DASHBOARD = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).min(1) })),
})

/** Prometheus's own tool, of Debian's package `prometheus`; CI has it. */
function promtool({ skip }: TestContext, ...args: readonly string[]): string {
  const { error, stdout, stderr } = spawnSync('promtool', args, { cwd: ROOT, encoding: 'utf8' })
  skip(error !== undefined && process.env['CI'] === undefined, 'promtool is not installed')
  return `${stdout}${stderr}`
}

describe('the alert rules', () => {
  test('fire when they should, and not before', (context) => {
    expect(promtool(context, 'test', 'rules', 'deploy/prometheus/alerts.test.yml')).toMatch(/SUCCESS\s*$/)
  })

  test('are each of them made to fire by a test', () => {
    const tested = RULE_TESTS.parse(parse(read('deploy/prometheus/alerts.test.yml'))).tests
    const fired = tested.flatMap(({ alert_rule_test: asked }) =>
      asked.filter(({ exp_alerts: alerts }) => alerts.length > 0).map(({ alertname }) => alertname),
    )
    const rules = RULES.parse(parse(read('docs/alerts.yml'))).groups.flatMap((group) => group.rules)
    expect(rules.map(({ alert }) => alert).filter((alert) => !fired.includes(alert))).toEqual([])
  })

  test('are read by the Prometheus of the example', (context) => {
    expect(
      promtool(context, 'check', 'config', '--syntax-only', 'deploy/prometheus/prometheus.yml'),
    ).toContain('SUCCESS')
  })
})

describe('the dashboard', () => {
  const { panels } = DASHBOARD.parse(JSON.parse(read('deploy/grafana/dashboards/listingstream.json')))
  const queries = panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const))

  test('asks for metrics that the program has', () => {
    const own = filesLike('src/ops/*.ts').flatMap((file) =>
      [...read(file).matchAll(/name: '(listingstream_\w+)'/g)].map(([, name]) => name),
    )
    const known = new Set([...own, ...own.map((name) => `${name}_bucket`)])
    const isProcess = (name: string): boolean => /^listingstream_(process|nodejs)_/.test(name)
    const used = queries.flatMap(([, expr]) => expr.match(/listingstream_\w+/g) ?? [])
    expect(used.length).toBeGreaterThan(20)
    expect(used.filter((name) => !known.has(name) && !isProcess(name))).toEqual([])
  })

  test('asks in a language that Prometheus understands', async (context) => {
    await using folder = await tempFolder()
    const rules = queries.map(([, expr], index) => ({
      record: `panel:query:${index}`,
      expr: expr.replaceAll('$__rate_interval', '1m').replaceAll('$feed', '.*'),
    }))
    const file = join(folder.path, 'panels.yml')
    await writeFile(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }))
    expect(promtool(context, 'check', 'rules', file)).toContain(`SUCCESS: ${rules.length} rules found`)
  })
})
