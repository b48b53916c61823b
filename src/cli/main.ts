#!/usr/bin/env node
/** As in package.json; an older one fails while it loads the program, with a stack. */
const OLDEST_NODE = 24

if (Number(process.versions.node.split('.', 1)[0]) < OLDEST_NODE) {
  process.stderr.write(
    `listingstream needs Node.js ${OLDEST_NODE} or newer; this is ${process.versions.node}. In a clone, "npx listingstream" runs on the one that npm ci brings.\n`,
  )
  process.exitCode = 2
} else {
  const { keepCompiledModules } = await import('./compile-cache.ts')
  keepCompiledModules()
  const { watchOutput } = await import('./output.ts')
  const { runProgram } = await import('./program.ts')
  const output = watchOutput()
  const exitCode = await runProgram(process.argv.slice(2), output.signal)
  process.exitCode = output.exitCode ?? exitCode
}
