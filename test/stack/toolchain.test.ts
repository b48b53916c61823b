import { expect, test } from 'vitest'

import { javaCommand, javaMajorVersion } from '../../src/stack/toolchain.ts'

test.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['java version "1.8.0_402"', 8],
  ['openjdk version "21" 2023-09-19', 21],
  ['openjdk version "25-ea" 2025-09-16', 25],
  ['command not found', undefined],
])('the Java of %j is %s', (text, expected) => {
  expect(javaMajorVersion(text)).toBe(expected)
})

test('JAVA_HOME decides which Java runs, if it is set', () => {
  expect(javaCommand('/opt/jdk')).toBe('/opt/jdk/bin/java')
  expect(javaCommand('')).toBe('java')
  expect(javaCommand(undefined)).toBe('java')
})
