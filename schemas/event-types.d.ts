// Generated from schemas/*.avsc; after a change of theirs: npx vitest run -u test/contract/event-types.test.ts

/** Date, `YYYY-MM-DD`. */
export type DateText = string

/** Instant in UTC, `YYYY-MM-DDTHH:mm:ss.sssZ`. */
export type InstantText = string

/** Why the listing is published. SNAPSHOT: first seen by the first full walk. CREATED: first seen later. UPDATED: its content differs. RESTORED: it had been deleted. UNKNOWN: a symbol that the reader does not know yet. */
export type UpsertChange = 'UNKNOWN' | 'SNAPSHOT' | 'CREATED' | 'UPDATED' | 'RESTORED'

/** The standard fields under the source's own names, typed from its metadata. Fields are only added. A field that the source gave another type later has a second field, <name>_<type>; each of the two holds the value while it fits. */
export type StandardFields = Readonly<Record<string, string | number | boolean | readonly string[] | null>>

/** The content of the listing. Two events of a listing that follow each other differ in it. */
export type Listing = {
  /** The source's standard fields. Null: the field has no value, is masked (see maskedFields), or did not fit its type (see unmappedFields). */
  readonly standardFields: StandardFields | null
  /** The MLS's own fields. Key: "Group"."Field" with the quotes, as SparkQL writes it. Values of a field that the source repeats, and the choices of a multi-select, are sorted lists. Fields without a value are left out. */
  readonly customFields: Readonly<Record<string, boolean | number | string | readonly (boolean | number | string | null)[] | null>>
  /** Sorted names of the fields whose value the source withholds (it sends ********). They are null where they stand, custom fields too. */
  readonly maskedFields: readonly string[]
  /** Whatever has no field of its own or did not fit it, as JSON text with sorted member names: unknown standard fields, values of a wrong type, integers beyond 2^53-2 with all their digits, and further members of the source's record under $.Name. */
  readonly unmappedFields: Readonly<Record<string, string>>
}

/** A listing that is new or whose content differs from its last event. Published once for each change, in order per listing. */
export type ListingUpserted = {
  /** ListingKey of the source; also the Kafka key. */
  readonly listingKey: string
  /** Why the listing is published. */
  readonly change: UpsertChange | null
  /** ModificationTimestamp of the source, cut to seconds by it. Null if it has none that can be read. Not part of the content. */
  readonly modificationTimestamp: InstantText | null
  /** When the source was seen to say so, by the source's clock. */
  readonly observedAt: InstantText | null
  /** The pass that saw it. */
  readonly passId: string | null
  /** Fields that change by themselves, such as DaysOnMarket, as the source gave them; nulls are left out. A change of these alone publishes nothing. Lists and objects stand as JSON text. */
  readonly volatileFields: Readonly<Record<string, boolean | number | string | null>>
  /** The content. Always the last field. */
  readonly listing: Listing | null
}

/** Why it is published. NOT_IN_SOURCE: a complete walk did not show it, and the source confirmed that. OPERATOR: the same, and an operator approved it after it had been held. UNKNOWN: a symbol that the reader does not know yet. */
export type DeletionReason = 'UNKNOWN' | 'NOT_IN_SOURCE' | 'OPERATOR'

/** How the source confirmed it. LIST_QUERY: a query for certain keys, one of them known to exist, did not return it. HTTP_404: the listing's own address answered 404. UNKNOWN: a symbol that the reader does not know yet. */
export type DeletionEvidence = 'UNKNOWN' | 'LIST_QUERY' | 'HTTP_404'

/** The source no longer has the listing. A tombstone for the key follows in the same transaction. */
export type ListingDeleted = {
  /** ListingKey of the source; also the Kafka key. */
  readonly listingKey: string
  /** Why it is published. */
  readonly reason: DeletionReason | null
  /** How the source confirmed that it is gone. */
  readonly evidence: DeletionEvidence | null
  /** When the source confirmed it, by the source's clock. */
  readonly deletedAt: InstantText | null
  /** ModificationTimestamp of the last event before. */
  readonly lastModificationTimestamp: InstantText | null
  /** The pass that noticed it. */
  readonly passId: string | null
}

/** Language of an account. */
export type AccountLocale = {
  /** As the source writes it, for example en. */
  readonly Language: string | null
}

/** An e-mail address of an account. */
export type AccountEmail = {
  /** Id of the entry at the source. */
  readonly Id: string | null
  /** Work, Home and the like. */
  readonly Type: string | null
  /** What the address is called. */
  readonly Name: string | null
  /** The address itself. */
  readonly Address: string | null
  /** Whether it is the first of its kind. */
  readonly Primary: boolean | null
}

/** A telephone number of an account. */
export type AccountPhone = {
  /** Id of the entry at the source. */
  readonly Id: string | null
  /** Mobile, Office, Fax and the like. */
  readonly Type: string | null
  /** What the number is called. */
  readonly Name: string | null
  /** The whole number, as the source writes it. */
  readonly Number: string | null
  /** What is dialled after the number. */
  readonly Extension: string | null
  /** Second part of the number. */
  readonly AreaCode: string | null
  /** Third part of the number. */
  readonly Prefix: string | null
  /** Last part of the number. */
  readonly LineNumber: string | null
  /** First part of the number, the country's. */
  readonly InternationalCode: string | null
  /** Whether it is the first of its kind. */
  readonly Primary: boolean | null
}

/** A web site of an account. */
export type AccountWebsite = {
  /** Id of the entry at the source. */
  readonly Id: string | null
  /** Kind of site. */
  readonly Type: string | null
  /** What the site is called. */
  readonly Name: string | null
  /** Address of the site. */
  readonly Uri: string | null
  /** Whether it is the first of its kind. */
  readonly Primary: boolean | null
}

/** A postal address of an account. */
export type AccountAddress = {
  /** Id of the entry at the source. */
  readonly Id: string | null
  /** Office, Mailing and the like. */
  readonly Type: string | null
  /** The whole address in one line. */
  readonly Address: string | null
  /** First line of the street. */
  readonly Street1: string | null
  /** Second line of the street. */
  readonly Street2: string | null
  /** City. */
  readonly City: string | null
  /** State or province. */
  readonly Region: string | null
  /** Postal code. */
  readonly PostalCode: string | null
  /** Whether it is the first of its kind. */
  readonly Primary: boolean | null
}

/** A picture of an account. */
export type AccountImage = {
  /** Id of the entry at the source. */
  readonly Id: string | null
  /** Photo or Logo. */
  readonly Type: string | null
  /** What the picture is called. */
  readonly Name: string | null
  /** Address of the picture. */
  readonly Uri: string | null
}

/** The account's fields under the source's own names. Fields are only added. */
export type AccountFields = {
  /** Member, Office, Company or Mls. */
  readonly UserType: string | null
  /** The whole name, as it is shown. */
  readonly Name: string | null
  /** Of a member. */
  readonly FirstName: string | null
  /** Of a member. */
  readonly MiddleName: string | null
  /** Of a member. */
  readonly LastName: string | null
  /** Name of its office. */
  readonly Office: string | null
  /** Key of its office, which is an account, too. */
  readonly OfficeId: string | null
  /** Name of its company. */
  readonly Company: string | null
  /** Key of its company, which is an account, too. */
  readonly CompanyId: string | null
  /** Name of its MLS. */
  readonly Mls: string | null
  /** Id of its MLS. */
  readonly MlsId: string | null
  /** Language and the like. */
  readonly Locale: AccountLocale | null
  /** Sorted. */
  readonly Tags: readonly string[] | null
  /** How to reach whom a listing is attributed to: a number or an address. */
  readonly AttributionContact: string | null
  /** In the source's order. */
  readonly Emails: readonly AccountEmail[] | null
  /** In the source's order. */
  readonly Phones: readonly AccountPhone[] | null
  /** In the source's order. */
  readonly Websites: readonly AccountWebsite[] | null
  /** In the source's order. */
  readonly Addresses: readonly AccountAddress[] | null
  /** In the source's order. */
  readonly Images: readonly AccountImage[] | null
}

/** The content of the account. Two events of an account that follow each other differ in it. */
export type Account = {
  /** The source's fields. Null: the field has no value, is masked (see maskedFields), or did not fit its type (see unmappedFields). */
  readonly fields: AccountFields | null
  /** Sorted names of the fields whose value the source withholds (it sends ********), those of nested records as Emails.Address. They are null where they stand. */
  readonly maskedFields: readonly string[]
  /** Whatever has no field of its own or did not fit it, as JSON text with sorted member names: unknown fields, values of a wrong type, integers beyond 2^53-2 with all their digits; those of nested records under a path as Emails[0].Verified. */
  readonly unmappedFields: Readonly<Record<string, string>>
}

/** An account (a member, an office, a company or an MLS) that is new or whose content differs from its last event. Published once for each change, in order per account. */
export type AccountUpserted = {
  /** Id of the account at the source; also the Kafka key. */
  readonly accountKey: string
  /** Why the account is published. */
  readonly change: UpsertChange | null
  /** ModificationTimestamp of the source, cut to seconds by it. Null if it has none that can be read. Not part of the content. */
  readonly modificationTimestamp: InstantText | null
  /** When the source was seen to say so, by the source's clock. */
  readonly observedAt: InstantText | null
  /** The pass that saw it. */
  readonly passId: string | null
  /** What follows from the way of asking and fields that change by themselves, as the source gave them; nulls are left out. A change of these alone publishes nothing. Lists and objects stand as JSON text. */
  readonly volatileFields: Readonly<Record<string, boolean | number | string | null>>
  /** The content. Always the last field. */
  readonly account: Account | null
}

/** The source no longer has the account. A tombstone for the key follows in the same transaction. */
export type AccountDeleted = {
  /** Id of the account at the source; also the Kafka key. */
  readonly accountKey: string
  /** Why it is published. */
  readonly reason: DeletionReason | null
  /** How the source confirmed that it is gone. */
  readonly evidence: DeletionEvidence | null
  /** When the source confirmed it, by the source's clock. */
  readonly deletedAt: InstantText | null
  /** ModificationTimestamp of the last event before. */
  readonly lastModificationTimestamp: InstantText | null
  /** The pass that noticed it. */
  readonly passId: string | null
}

/** The open house's fields under the source's own names. Fields are only added. */
export type OpenHouseFields = {
  /** Key of the listing that is shown. */
  readonly ListingKey: string | null
  /** As the source writes it: MM/DD/YYYY. */
  readonly Date: string | null
  /** As the source writes it, in several ways: 9:00 am, 09:00 AM, 09:00-07:00. */
  readonly StartTime: string | null
  /** As StartTime. */
  readonly EndTime: string | null
  /** When it begins. */
  readonly OpenHouseStartTimestamp: InstantText | null
  /** When it ends. */
  readonly OpenHouseEndTimestamp: InstantText | null
  /** For visitors. */
  readonly Comments: string | null
  /** Whether it is streamed. */
  readonly Livestream: boolean | null
  /** Where that is to be seen. */
  readonly LivestreamUri: string | null
  /** What is said of that. */
  readonly LivestreamDescription: string | null
  /** As Date. */
  readonly LivestreamDate: string | null
  /** As StartTime. */
  readonly LivestreamStartTime: string | null
  /** As StartTime. */
  readonly LivestreamEndTime: string | null
  /** When the stream begins. */
  readonly LivestreamStartTimestamp: InstantText | null
  /** When the stream ends. */
  readonly LivestreamEndTimestamp: InstantText | null
}

/** The content of the open house. Two events of an open house that follow each other differ in it. */
export type OpenHouse = {
  /** The source's fields. Null: the field has no value, is masked (see maskedFields), or did not fit its type (see unmappedFields). */
  readonly fields: OpenHouseFields | null
  /** Sorted names of the fields whose value the source withholds (it sends ********), those of nested records as Emails.Address. They are null where they stand. */
  readonly maskedFields: readonly string[]
  /** Whatever has no field of its own or did not fit it, as JSON text with sorted member names: unknown fields, values of a wrong type, integers beyond 2^53-2 with all their digits; those of nested records under a path as Emails[0].Verified. */
  readonly unmappedFields: Readonly<Record<string, string>>
}

/** An open house that is new or whose content differs from its last event. Published once for each change, in order per open house. */
export type OpenHouseUpserted = {
  /** Id of the open house at the source; also the Kafka key. */
  readonly openHouseKey: string
  /** Why the open house is published. */
  readonly change: UpsertChange | null
  /** Null: an open house has no stamp that tells of its end. That of its edits is in volatileFields. */
  readonly modificationTimestamp: InstantText | null
  /** When the source was seen to say so, by the source's clock. */
  readonly observedAt: InstantText | null
  /** The pass that saw it. */
  readonly passId: string | null
  /** What follows from the way of asking, and ModificationTimestamp, as the source gave them; nulls are left out. A change of these alone publishes nothing. Lists and objects stand as JSON text. */
  readonly volatileFields: Readonly<Record<string, boolean | number | string | null>>
  /** The content. Always the last field. */
  readonly openHouse: OpenHouse | null
}

/** The source no longer has the open house: it is over, or was called off. A tombstone for the key follows in the same transaction. */
export type OpenHouseDeleted = {
  /** Id of the open house at the source; also the Kafka key. */
  readonly openHouseKey: string
  /** Why it is published. */
  readonly reason: DeletionReason | null
  /** How the source confirmed that it is gone. */
  readonly evidence: DeletionEvidence | null
  /** When the source confirmed it, by the source's clock. */
  readonly deletedAt: InstantText | null
  /** Null, as in the events before. */
  readonly lastModificationTimestamp: InstantText | null
  /** The pass that noticed it. */
  readonly passId: string | null
}

/** The contact's fields under the source's own names. Fields are only added. */
export type ContactFields = {
  /** Name under which it is shown. */
  readonly DisplayName: string | null
  /** First name. */
  readonly GivenName: string | null
  /** Last name. */
  readonly FamilyName: string | null
  /** Its e-mail address. */
  readonly PrimaryEmail: string | null
  /** Its phone number, as the source writes it. */
  readonly PrimaryPhoneNumber: string | null
  /** Street and number. */
  readonly HomeStreetAddress: string | null
  /** City or town. */
  readonly HomeLocality: string | null
  /** State or province. */
  readonly HomeRegion: string | null
  /** Postal code. */
  readonly HomePostalCode: string | null
  /** Id of the account whose contact it is. */
  readonly OwnerId: string | null
  /** Sorted. */
  readonly Tags: readonly string[] | null
}

/** The content of the contact. Two events of a contact that follow each other differ in it. */
export type Contact = {
  /** The source's fields. Null: the field has no value, is masked (see maskedFields), or did not fit its type (see unmappedFields). */
  readonly fields: ContactFields | null
  /** Sorted names of the fields whose value the source withholds (it sends ********), those of nested records as Emails.Address. They are null where they stand. */
  readonly maskedFields: readonly string[]
  /** Whatever has no field of its own or did not fit it, as JSON text with sorted member names: unknown fields, values of a wrong type, integers beyond 2^53-2 with all their digits; those of nested records under a path as Emails[0].Verified. */
  readonly unmappedFields: Readonly<Record<string, string>>
}

/** A contact that is new or whose content differs from its last event. Published once for each change, in order per contact. */
export type ContactUpserted = {
  /** Id of the contact at the source; also the Kafka key. */
  readonly contactKey: string
  /** Why the contact is published. */
  readonly change: UpsertChange | null
  /** ModificationTimestamp of the source, cut to seconds by it. Null if it has none that can be read. Not part of the content. */
  readonly modificationTimestamp: InstantText | null
  /** When the source was seen to say so, by the source's clock. */
  readonly observedAt: InstantText | null
  /** The pass that saw it. */
  readonly passId: string | null
  /** What follows from the way of asking and fields that change by themselves, as the source gave them; nulls are left out. A change of these alone publishes nothing. Lists and objects stand as JSON text. */
  readonly volatileFields: Readonly<Record<string, boolean | number | string | null>>
  /** The content. Always the last field. */
  readonly contact: Contact | null
}

/** The source no longer has the contact. A tombstone for the key follows in the same transaction. */
export type ContactDeleted = {
  /** Id of the contact at the source; also the Kafka key. */
  readonly contactKey: string
  /** Why it is published. */
  readonly reason: DeletionReason | null
  /** How the source confirmed that it is gone. */
  readonly evidence: DeletionEvidence | null
  /** When the source confirmed it, by the source's clock. */
  readonly deletedAt: InstantText | null
  /** ModificationTimestamp of the last event before. */
  readonly lastModificationTimestamp: InstantText | null
  /** The pass that noticed it. */
  readonly passId: string | null
}

/** Kind of pass. UNKNOWN: a symbol that the reader does not know yet. */
export type PassKind = 'UNKNOWN' | 'SNAPSHOT' | 'UPDATE' | 'PURGE'

/** What happened to the pass. UNKNOWN: a symbol that the reader does not know yet. */
export type PassEvent = 'UNKNOWN' | 'STARTED' | 'COMPLETED' | 'HELD' | 'FAILED'

/** The beginning or end of a pass. In the transaction of the checkpoint that it tells of. */
export type PassMarker = {
  /** Name of the resource, for example listings. */
  readonly resource: string
  /** Kind of pass. */
  readonly pass: PassKind
  /** What happened to the pass. */
  readonly event: PassEvent | null
  /** The pass. */
  readonly passId: string | null
  /** When, by the clock of the process that wrote it. */
  readonly at: InstantText | null
  /** The source's Date of the pass's first response. */
  readonly startedAt: InstantText | null
  /** True for the first snapshot of its generation: when it is completed, the topic holds the whole resource. */
  readonly initial: boolean | null
  /** Number of the feed's generation. */
  readonly generation: number | null
  /** Distinct keys walked. */
  readonly walked: number | null
  /** Records by outcome: published, unchanged, stale, dead_lettered. */
  readonly counts: Readonly<Record<string, number>>
  /** Keys that a purge walk did not show, by what became of them: emitted, held, refuted, inconclusive. */
  readonly deletes: Readonly<Record<string, number>>
  /** Next offset to be written after this transaction, by data topic without its prefix, then by partition. Everything that the pass published lies before. */
  readonly endOffsets: Readonly<Record<string, readonly number[]>>
  /** In words, for held and failed. */
  readonly detail: string | null
}

/** Value of a record of the topic `listings`; a tombstone is null. */
export type ListingEvent = ListingUpserted | ListingDeleted

/** Value of a record of the topic `accounts`; a tombstone is null. */
export type AccountEvent = AccountUpserted | AccountDeleted

/** Value of a record of the topic `openhouses`; a tombstone is null. */
export type OpenHouseEvent = OpenHouseUpserted | OpenHouseDeleted

/** Value of a record of the topic `contacts`; a tombstone is null. */
export type ContactEvent = ContactUpserted | ContactDeleted
