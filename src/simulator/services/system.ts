import type { JsonObject } from '../../domain/json.ts'
import type { Mls } from '../data-share.ts'
import { SOURCE_ZONE } from '../sparkql/source-time.ts'
import type { KeyUser } from './key-user.ts'
import { answering } from './metadata-reply.ts'
import type { ServiceTable } from './service.ts'

/** The user of the key and its MLS (docs/spark-api.md §4.9). */
export function systemService(user: KeyUser, dataShare: readonly Mls[]): ServiceTable[number] {
  return ['/v1/system', answering(() => [systemInfo(user, dataShare)])]
}

function systemInfo(
  { id, name, office, officeId, company, companyId }: KeyUser,
  share: readonly Mls[],
): JsonObject {
  return {
    Name: name,
    Id: id,
    Office: office,
    OfficeId: officeId,
    Company: company,
    CompanyId: companyId,
    Mls: share[0]?.name ?? null,
    MlsId: share[0]?.id ?? null,
    Configuration: [
      {
        FlexmlsProducts: [],
        PasswordReset: true,
        TimeZone: 'Central Time (US & Canada)',
        TimeZoneOffset: SOURCE_ZONE.replace(':', ''),
        TimeZoneAbbreviation: 'CST',
        IdxDisclaimer: '<p>Invented data.</p>',
        IdxDisclaimerTextOnly: 'Invented data.',
        IdxLogo: 'http://logos.example/idx.png',
        IdxLogoSmall: 'http://logos.example/idx-small.png',
        MapDefaultExtent: {
          StartLongitude: -104,
          StartLatitude: 43,
          EndLongitude: -96,
          EndLatitude: 49,
          SystemDefault: true,
        },
        // The colon belongs to the name in the source's answers.
        MlsLogos: [{ 'Name:': 'Logo', Uri: 'http://logos.example/mls.png' }],
        OAuth2ServiceEndpointPortal: null,
        CurrencyType: 'USD',
        ExtendedActiveStatuses: { Enabled: false },
        ExtendedPendingStatuses: { Enabled: false },
      },
    ],
    DisplayCompliance: Object.fromEntries(
      share.map((mls) => [
        mls.id,
        {
          View: {
            Summary: { DisplayCompliance: ['IDXLogoSmall', 'ListOfficeName'] },
            Detail: { DisplayCompliance: ['IDXLogo', 'ListAgentName', 'ListOfficeName'] },
          },
        },
      ]),
    ),
  }
}
