/** As much of curl as the examples of the pages use: not every machine that runs the tests has it. */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  options: {
    silent: { type: 'boolean', short: 's' },
    get: { type: 'boolean', short: 'G', default: false },
    request: { type: 'string', short: 'X' },
    header: { type: 'string', short: 'H', multiple: true, default: [] },
    data: { type: 'string', short: 'd' },
    'data-urlencode': { type: 'string', multiple: true, default: [] },
    output: { type: 'string', short: 'o' },
    'write-out': { type: 'string', short: 'w', default: '' },
  },
  allowPositionals: true,
})
const [address = ''] = positionals
const url = new URL(address)
if (values.get) for (const parameter of values['data-urlencode']) addTo(url.searchParams, parameter)
const headers = new Headers(values.header.map(pair))
if (values.data !== undefined && !headers.has('Content-Type')) {
  headers.set('Content-Type', 'application/x-www-form-urlencoded')
}
const response = await fetch(url, {
  method: values.request ?? (values.data === undefined ? 'GET' : 'POST'),
  headers,
  ...(values.data === undefined ? {} : { body: values.data }),
})
const text = await response.text()
// Nobody reads on behind what head takes.
process.stdout.on('error', () => process.exit(23))
if (values.output === undefined) process.stdout.write(text)
else await writeFile(values.output, text)
process.stdout.write(values['write-out'].replace('%{http_code}', String(response.status)))

function pair(header: string): [name: string, value: string] {
  const [name = '', value = ''] = header.split(/:\s*(.*)/s, 2)
  return [name, value]
}

function addTo(parameters: URLSearchParams, parameter: string): void {
  const [name = '', value = ''] = parameter.split(/=(.*)/s, 2)
  parameters.append(name, value)
}
