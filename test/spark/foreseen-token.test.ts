import { describe, expect, test } from 'vitest'
import { foreseenToken } from '../../src/spark/foreseen-token.ts'

const rows = JSON.stringify([{ Id: '1', Remarks: 'x'.repeat(5_000) }])
const foreseen = (text: string): string | undefined => foreseenToken(Buffer.from(text))

describe('the token that a page seems to name', () => {
  test.each([
    ['behind the results', `{"D":{"Success":true,"Results":${rows},"SkipToken":"a+b/c="}}`],
    ['before them', `{"D":{"Success":true,"SkipToken":"a+b/c=","Results":${rows}}}`],
    ['with blanks', `{ "D" : { "Results" : ${rows} , "SkipToken" : "a+b/c=" } }\n`],
    ['behind one that a row has', `{"D":{"Results":[{"SkipToken":"x"}],"SkipToken":"a+b/c="}}`],
  ])('%s', (_, text) => {
    expect(foreseen(text)).toBe('a+b/c=')
  })

  test.each([
    ['of the last page', `{"D":{"Success":true,"Results":${rows}}}`],
    ['that is empty', `{"D":{"Results":${rows},"SkipToken":""}}`],
    ['that is null', `{"D":{"Results":${rows},"SkipToken":null}}`],
    ['that is a number', `{"D":{"Results":${rows},"SkipToken":17}}`],
    ['with an escape', `{"D":{"Results":${rows},"SkipToken":"a\\u0041"}}`],
    ['that is cut', `{"D":{"Results":${rows},"SkipToken":"abc`],
    ['of an empty body', ''],
  ])('is not foreseen: one %s', (_, text) => {
    expect(foreseen(text)).toBeUndefined()
  })
})
