/**
 * Fields of a listing that it keeps for life, so that none leaves a filter by them, and why. What is corrected in them all
 * the same, a purge finds.
 */
export const LASTING_FIELDS: ReadonlyMap<string, string> = new Map([
  ['ListingKey', 'it is the listing'],
  ['MlsId', 'what moves to another MLS is another listing there'],
  ['PropertyType', 'it is what the property is'],
  ['PropertyClass', 'it follows from the property type'],
  ['PropertySubType', 'it is what the property is'],
  ['CountyOrParish', 'it is where the property lies'],
  ['StateOrProvince', 'it is where the property lies'],
  ['Country', 'it is where the property lies'],
])
