import type { FieldType } from '../../api/field-type.ts'
import type { FieldSet } from '../../records/collection-definition.ts'
import { defaultValues } from '../../records/field-catalog.ts'
import type { FieldSpec, ValueKind } from '../../records/field-catalog.ts'
import {
  ALWAYS,
  choice,
  decimal,
  fact,
  integer,
  MASKED,
  multi,
  pattern,
  plain,
  RARE,
  words,
} from '../../records/field-specs.ts'
import { ADDRESS_PARTS } from './address.ts'
import { EXTRA_FIELD_NAMES } from './extra-field-names.ts'
import { LISTING_FACTS } from './listing-facts.ts'
import { PROPERTY_TYPES } from './property-types.ts'

const TYPE_CODES = PROPERTY_TYPES.map(({ code }) => code)
const TYPE_NAMES = PROPERTY_TYPES.map(({ name }) => name)
const SUB_TYPES = PROPERTY_TYPES.flatMap((type) => type.subTypes)
const SCHOOLS = ['Elmwood', 'Fort Rae', 'Lincoln', 'Maria Montessori', 'Saint-Éloi', 'Washington']

const CORE: readonly FieldSpec[] = [
  fact('ListingKey', 'Character'),
  fact('ListingId', 'Character'),
  fact('ListingNumber', 'Integer'),
  fact('MlsId', 'Character'),
  fact('MlsStatus', 'Character', ALWAYS, ['Active', 'Active w/Contingency', 'Closed']),
  fact('StandardStatus', 'Character', ALWAYS, ['Active', 'Pending', 'Closed']),
  fact('ListPrice', 'Decimal'),
  fact('OriginalListPrice', 'Decimal', MASKED),
  fact('PreviousListPrice', 'Decimal'),
  fact('ClosePrice', 'Decimal'),
  fact('CloseDate', 'Date'),
  fact('OnMarketDate', 'Date'),
  fact('ListingContractDate', 'Date', MASKED),
  fact('OffMarketDate', 'Date'),
  fact('DaysOnMarket', 'Integer'),
  fact('CumulativeDaysOnMarket', 'Integer'),
  fact('ModificationTimestamp', 'Datetime'),
  fact('StatusChangeTimestamp', 'Datetime'),
  fact('PriceChangeTimestamp', 'Datetime'),
  fact('MajorChangeTimestamp', 'Datetime'),
  fact('MajorChangeType', 'Character'),
  fact('OriginalEntryTimestamp', 'Datetime'),
  fact('PhotosChangeTimestamp', 'Datetime'),
  fact('VideosChangeTimestamp', 'Datetime'),
  fact('DocumentsChangeTimestamp', 'Datetime'),
  fact('PhotosCount', 'Integer'),
  fact('VideosCount', 'Integer'),
  fact('DocumentsCount', 'Integer'),
  fact('VirtualToursCount', 'Integer'),
  fact('OpenHousesCount', 'Integer'),
  fact('PropertyType', 'Character', ALWAYS, TYPE_CODES),
  fact('PropertyClass', 'Character', ALWAYS, TYPE_NAMES),
  fact('PropertySubType', 'Character', ALWAYS, SUB_TYPES),
  ...ADDRESS_PARTS,
  fact('UnparsedAddress', 'Character'),
  fact('UnparsedFirstLineAddress', 'Character'),
  choice('StreetDirSuffix', ['NE', 'SW'], MASKED),
  fact('PostalCity', 'Character'),
  pattern('PostalCodePlus4', '####', RARE),
  choice('CountyOrParish', ['Åland', 'Cass', 'Stearns'], MASKED),
  choice('Country', ['US'], RARE),
  decimal('Latitude', 43, 49, 6, ALWAYS),
  decimal('Longitude', -104, -96, 6, ALWAYS),
  choice('GeocodeSource', ['Rooftop', 'Parcel', 'Street'], RARE),
  choice('SubdivisionName', ['Alder Ridge', 'Lac d’Émeraude', 'Old Mill', 'Weißenburg Acres']),
  choice('MLSAreaMajor', ['01 - North', '02 - South', '03 - Lakes / Rivers'], { nullRate: 0.1 }),
  words('Directions', 4, 10, RARE),
  words('CrossStreet', 1, 2, RARE),
  pattern('ParcelNumber', '01-####-#####-000'),
  integer('BedsTotal', 0, 6, { nullRate: 0.1 }),
  decimal('BathsTotal', 1, 5, 1, { nullRate: 0.1 }),
  integer('BathsFull', 0, 4, MASKED),
  integer('BathsHalf', 0, 2),
  integer('BathsThreeQuarter', 0, 2),
  integer('RoomsTotal', 1, 14),
  decimal('BuildingAreaTotal', 450, 6800, 0, { nullRate: 0.1 }),
  decimal('LivingArea', 400, 6000),
  decimal('AboveGradeFinishedArea', 400, 4000),
  decimal('BelowGradeFinishedArea', 0, 2000),
  decimal('LotSizeArea', 0, 40, 3),
  choice('LotSizeUnits', ['Acres', 'Square Feet']),
  pattern('LotSizeDimensions', '## x 1##', RARE),
  integer('YearBuilt', 1880, 2025, { nullRate: 0.1 }),
  integer('YearBuiltEffective', 1950, 2025, RARE),
  integer('Stories', 1, 3),
  decimal('GarageSpaces', 0, 4),
  decimal('CarportSpaces', 0, 2, 0, RARE),
  decimal('ParkingTotal', 0, 6),
  integer('FireplacesTotal', 0, 3),
  decimal('AssociationFee', 20, 900, 2, RARE),
  choice('AssociationFeeFrequency', ['Monthly', 'Quarterly', 'Annually'], RARE),
  decimal('TaxAmount', 300, 14_000, 2),
  integer('TaxYear', 2022, 2025),
  integer('TaxAssessedValue', 30_000, 900_000, RARE),
  words('TaxLegalDescription', 3, 8),
  plain('Boolean', 'AssociationYN'),
  plain('Boolean', 'AttachedGarageYN'),
  plain('Boolean', 'CarportYN'),
  plain('Boolean', 'GarageYN'),
  plain('Boolean', 'HomeWarrantyYN'),
  plain('Boolean', 'LandLeaseYN', RARE),
  plain('Boolean', 'LeaseConsideredYN', RARE),
  plain('Boolean', 'WaterFrontYN'),
  plain('Boolean', 'WaterfrontYN'),
  plain('Boolean', 'PermitInternetYN', ALWAYS),
  plain('Boolean', 'PermitAddressInternetYN', ALWAYS),
  plain('Boolean', 'VOWAddressDisplayYN', ALWAYS),
  plain('Boolean', 'VOWAutomatedValuationDisplayYN', ALWAYS),
  plain('Boolean', 'VOWConsumerCommentYN', ALWAYS),
  plain('Boolean', 'VOWEntireListingDisplayYN', ALWAYS),
  plain('Boolean', 'ApprovalStatus', ALWAYS),
  plain('Date', 'PurchaseContractDate', MASKED),
  plain('Date', 'LandLeaseExpirationDate', RARE),
  plain('Date', 'WithdrawDate', RARE),
  plain('Datetime', 'OriginalOnMarketTimestamp', RARE),
  multi('AccessibilityFeatures', 'Grab Bars', 'Ramp', 'Wide Doors'),
  multi('ArchitecturalStyle', 'Bungalow', 'Colonial', 'Ranch', 'Two Story'),
  multi('Appliances', 'Dishwasher', 'Dryer', 'Range/Oven', 'Washer'),
  multi('AssociationAmenities', 'Clubhouse', 'Pool', 'Trails'),
  multi('BuyerFinancing', 'Cash', 'Conventional', 'FHA', 'VA'),
  multi('ConstructionMaterials', 'Brick', 'Stucco', 'Vinyl Siding', 'Wood'),
  multi('Cooling', 'Central Air', 'Window Unit(s)', 'None'),
  multi('Electric', '100 Amp', '200+ Amp'),
  multi('ExteriorFeatures', 'Deck', 'Fire Pit', 'Garden', 'Sprinklers'),
  multi('Fencing', 'Chain Link', 'Privacy', 'None'),
  multi('FireplaceFeatures', 'Gas', 'Wood Burning'),
  multi('Flooring', 'Carpet', 'Hardwood', 'Tile', 'Vinyl'),
  multi('Heating', 'Forced Air', 'Hot Water', 'In-Floor'),
  multi('InteriorFeatures', 'Ceiling Fan(s)', 'Décor: new', 'Vaulted Ceiling(s)', 'Walk-In Closet(s)'),
  multi('LotFeatures', 'Corner', 'Cul-de-sac', 'Wooded'),
  multi('OtherStructures', 'Barn', 'Shed'),
  multi('ParkingFeatures', 'Attached', 'Detached', 'Driveway'),
  multi('PatioAndPorchFeatures', 'Deck', 'Patio', 'Porch'),
  multi('PoolFeatures', 'Above Ground', 'In Ground'),
  multi('Possession', 'At Closing', 'Negotiable'),
  multi('Roof', 'Asphalt', 'Metal', 'Tile'),
  multi('Sewer', 'Public Sewer', 'Septic'),
  multi('Utilities', 'Electricity', 'Natural Gas', 'Wi‑Fi'),
  multi('View', 'City', 'Lake', 'Prairie'),
  multi('WaterSource', 'City', 'Well'),
  multi('WindowFeatures', 'Double Pane', 'Skylight(s)'),
  choice('ElementarySchool', SCHOOLS),
  choice('MiddleOrJuniorSchool', SCHOOLS),
  choice('HighSchool', SCHOOLS),
  pattern('SchoolDistrict', 'ISD ###'),
  choice('Zoning', ['R-1', 'R-2', 'AG', 'C']),
  words('PublicRemarks', 50, 90, { nullRate: 0.02 }),
  words('PrivateRemarks', 5, 20, MASKED),
  words('ShowingInstructions', 3, 8, MASKED),
  words('Inclusions', 2, 5, RARE),
  words('Exclusions', 1, 4, RARE),
  fact('ListAgentId', 'Character'),
  fact('ListAgentFirstName', 'Character'),
  fact('ListAgentLastName', 'Character'),
  fact('ListAgentEmail', 'Character'),
  fact('ListAgentDirectPhone', 'Character'),
  fact('ListAgentCellPhone', 'Character', MASKED),
  pattern('ListAgentStateLicense', 'ND-#####', RARE),
  fact('CoListAgentId', 'Character'),
  fact('CoListAgentLastName', 'Character', MASKED),
  fact('ListOfficeId', 'Character'),
  fact('ListOfficeName', 'Character'),
  fact('ListOfficePhone', 'Character'),
  fact('BuyerAgentId', 'Character', MASKED),
  pattern('VirtualTourURLUnbranded', 'https://tours.example.org/######/#', RARE),
  words('Disclaimer', 12, 16, { nullRate: 0.5 }),
]

/** About 150 fields as an MLS fills them; `full` adds the remaining names of docs/spark-api.md §4.4, mostly null. */
export function standardFields(set: FieldSet): readonly FieldSpec[] {
  return set === 'standard' ? CORE : [...CORE, ...EXTRA_FIELD_NAMES.map(extraField)]
}

const EXTRA_DECIMAL = /(Expense|Area|Fee|Price|Acres|Length|Width|Income|CAPRate|Total|Spaces|Rent)$/
const EXTRA_INTEGER = /^(StreetNumberInteger|NumberOf|Year|Stories|DOH|Mobile(Length|Width)|PhotosTotal)/

function extraField(name: string): FieldSpec {
  const type = extraType(name)
  const masked = /^(Co|Buyer).*(Phone|Email)/.test(name)
  if (name in LISTING_FACTS) return fact(name, type, { nullRate: 0, masked })
  const values: ValueKind = /(Features|Materials|Disclosures|RentIncludes|Levels|Skirt)$/.test(name)
    ? { kind: 'multi', options: ['One', 'Two', 'See Remarks'] }
    : defaultValues(type)
  return { name, type, values, nullRate: 0.75, masked }
}

function extraType(name: string): FieldType {
  if (name.endsWith('YN')) return 'Boolean'
  if (/(Timestamp|DateTime)$/.test(name)) return 'Datetime'
  if (name.endsWith('Date')) return 'Date'
  if (EXTRA_INTEGER.test(name)) return 'Integer'
  return EXTRA_DECIMAL.test(name) ? 'Decimal' : 'Character'
}
