import type { JsonObject } from '../../domain/json.ts'
import { successText } from '../api/envelope.ts'
import type { KeyOrder } from '../api/key-order.ts'
import { jsonReply } from '../api/reply.ts'
import type { Reply } from '../api/reply.ts'
import { SOURCE_ZONE } from '../api/sparkql-lexer.ts'
import type { Mls } from '../data-share.ts'

/** Id of the user whom the access token stands for. */
export const USER_ID = '20000426143505724628000000'

/** The user and its MLS: `/v1/system` (docs/spark-api.md §4.9). */
export function systemReply(share: readonly Mls[], order: KeyOrder): Reply {
  return jsonReply(200, successText([['Results', JSON.stringify([systemInfo(share)])]], order))
}

function systemInfo(share: readonly Mls[]): JsonObject {
  return {
    Name: 'Replication User',
    Id: USER_ID,
    Office: 'Cedar & Stone Realty',
    OfficeId: '20000426143505724629000000',
    Company: 'Cedar & Stone',
    CompanyId: '20000426143505724630000000',
    Mls: share[0]?.name ?? null,
    MlsId: share[0]?.id ?? null,
    Configuration: [
      {
        FlexmlsProducts: [],
        TimeZone: 'America/Chicago',
        TimeZoneOffset: SOURCE_ZONE,
        IdxDisclaimer: 'Invented data.',
        MlsLogos: [],
        CurrencyType: 'USD',
        ExtendedActiveStatuses: { Enabled: false },
      },
    ],
    DisplayCompliance: Object.fromEntries(
      share.map(({ id }) => [
        id,
        { View: { Summary: { DisplayCompliance: [] }, Detail: { DisplayCompliance: [] } } },
      ]),
    ),
  }
}
