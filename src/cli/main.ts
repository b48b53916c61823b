#!/usr/bin/env node
import { watchOutput } from './output.ts'
import { runProgram } from './program.ts'

const output = watchOutput()
const exitCode = await runProgram(process.argv.slice(2), output.signal)
process.exitCode = output.exitCode ?? exitCode
