// Generated from schemas/*.avsc; after a change of theirs: npx vitest run test/contract/event-types.test.ts -u

/** Date, `YYYY-MM-DD`. */
export type DateText = string

/** Instant in UTC, `YYYY-MM-DDTHH:mm:ss.sssZ`. */
export type InstantText = string

/** Why the listing is published. SNAPSHOT: first seen by the first full walk. CREATED: first seen later. UPDATED: its content differs. RESTORED: it had been deleted. REPUBLISHED: an operator asked for it; its content is that of the event before. UNKNOWN: a symbol that the reader does not know yet. */
export type UpsertChange = 'UNKNOWN' | 'SNAPSHOT' | 'CREATED' | 'UPDATED' | 'RESTORED' | 'REPUBLISHED'

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

/** Why it is published. NOT_IN_SOURCE: a complete walk did not show it, and the source confirmed that. OPERATOR: the same, and an operator approved it after it had been held. OUT_OF_SCOPE: the source has it, and the filter of the feed does not show it any more. UNKNOWN: a symbol that the reader does not know yet. */
export type DeletionReason = 'UNKNOWN' | 'NOT_IN_SOURCE' | 'OPERATOR' | 'OUT_OF_SCOPE'

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
  /** When the listing was last read from the source, by the source's clock: by an update, a snapshot or a question for it. Walks of keys alone, as purges make them, do not count. */
  readonly lastSeenAt: InstantText | null
  /** Begin of the first complete purge walk that did not show it, by the source's clock. That of the purge which deletes it, unless earlier ones missed it, too. */
  readonly missingSince: InstantText | null
  /** StandardStatus of the last event before. */
  readonly lastStandardStatus: string | null
  /** MlsStatus of the last event before. */
  readonly lastMlsStatus: string | null
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
  /** When the account was last read from the source, by the source's clock: by an update, a snapshot or a question for it. Walks of keys alone, as purges make them, do not count. */
  readonly lastSeenAt: InstantText | null
  /** Begin of the first complete purge walk that did not show it, by the source's clock. That of the purge which deletes it, unless earlier ones missed it, too. */
  readonly missingSince: InstantText | null
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
  /** When the open house was last read from the source, by the source's clock: by an update, a snapshot or a question for it. Walks of keys alone, as purges make them, do not count. */
  readonly lastSeenAt: InstantText | null
  /** Begin of the first complete purge walk that did not show it, by the source's clock. That of the purge which deletes it, unless earlier ones missed it, too. */
  readonly missingSince: InstantText | null
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
  /** When the contact was last read from the source, by the source's clock: by an update, a snapshot or a question for it. Walks of keys alone, as purges make them, do not count. */
  readonly lastSeenAt: InstantText | null
  /** Begin of the first complete purge walk that did not show it, by the source's clock. That of the purge which deletes it, unless earlier ones missed it, too. */
  readonly missingSince: InstantText | null
}

/** A photo of a listing. */
export type ListingPhoto = {
  /** Of the photo; a photo that is replaced has another. */
  readonly Id: string | null
  /** What the photo is called. */
  readonly Name: string | null
  /** What is written beside it. */
  readonly Caption: string | null
  /** Whether it stands for the listing. */
  readonly Primary: boolean | null
  /** Place in the display, from 1, where the source says it. */
  readonly Order: number | null
  /** Public and the like. */
  readonly Privacy: string | null
  /** Sorted. */
  readonly Tags: readonly string[] | null
  /** Address of the picture, smallest. */
  readonly UriThumb: string | null
  /** Address of the picture, 300 pixels wide. */
  readonly Uri300: string | null
  /** Address of the picture, 640 pixels wide. */
  readonly Uri640: string | null
  /** Address of the picture, 800 pixels wide. */
  readonly Uri800: string | null
  /** Address of the picture, 1024 pixels wide. */
  readonly Uri1024: string | null
  /** Address of the picture, 1280 pixels wide. */
  readonly Uri1280: string | null
  /** Address of the picture, 1600 pixels wide. */
  readonly Uri1600: string | null
  /** Address of the picture, 2048 pixels wide. */
  readonly Uri2048: string | null
  /** Address of the picture, as large as there is. */
  readonly UriLarge: string | null
}

/** The set, under the source's own name. */
export type ListingPhotoSetFields = {
  /** In the source's order, which is that of display. An empty list: the listing has none. */
  readonly Photos: readonly ListingPhoto[] | null
}

/** The content of the set. Two events of a listing that follow each other differ in it. */
export type ListingPhotoSet = {
  /** The set. Null: it is withheld (see maskedFields), or was no list (see unmappedFields). */
  readonly fields: ListingPhotoSetFields | null
  /** Sorted names of the fields whose value the source withholds (it sends ********), as Photos.Name. They are null where they stand. */
  readonly maskedFields: readonly string[]
  /** Whatever has no field of its own or did not fit it, as JSON text with sorted member names, under a path as Photos[0].Rating. */
  readonly unmappedFields: Readonly<Record<string, string>>
}

/** All photos of a listing, as they are now: what an earlier event of the listing said of them is over. Published once for each change, in order per listing; a tombstone follows when the listing is deleted. */
export type ListingPhotosReplaced = {
  /** ListingKey of the source; also the Kafka key. */
  readonly listingKey: string
  /** Why the set is published. */
  readonly change: UpsertChange | null
  /** Null: that the set changed is told by the listing's PhotosChangeTimestamp (header change-stamps). */
  readonly modificationTimestamp: InstantText | null
  /** When the source was seen to say so, by the source's clock. */
  readonly observedAt: InstantText | null
  /** The pass that saw it. */
  readonly passId: string | null
  /** Empty: nothing of a set changes by itself. */
  readonly volatileFields: Readonly<Record<string, boolean | number | string | null>>
  /** The content. Always the last field. */
  readonly photoSet: ListingPhotoSet | null
}

/** A video of a listing. */
export type ListingVideo = {
  /** Of the video. */
  readonly Id: string | null
  /** Shared by the branded and the unbranded version of one video. */
  readonly GroupId: string | null
  /** What the video is called. */
  readonly Name: string | null
  /** What is written beside it. */
  readonly Caption: string | null
  /** branded or unbranded. */
  readonly Type: string | null
  /** Code that embeds it in a page. */
  readonly ObjectHtml: string | null
  /** Public, Private or Automatic. */
  readonly Privacy: string | null
  /** What Automatic comes to now. */
  readonly CurrentPrivacy: string | null
}

/** The set, under the source's own name. */
export type ListingVideoSetFields = {
  /** In the source's order, which is that of display. An empty list: the listing has none. */
  readonly Videos: readonly ListingVideo[] | null
}

/** The content of the set. Two events of a listing that follow each other differ in it. */
export type ListingVideoSet = {
  /** The set. Null: it is withheld (see maskedFields), or was no list (see unmappedFields). */
  readonly fields: ListingVideoSetFields | null
  /** Sorted names of the fields whose value the source withholds (it sends ********), as Videos.GroupId. They are null where they stand. */
  readonly maskedFields: readonly string[]
  /** Whatever has no field of its own or did not fit it, as JSON text with sorted member names, under a path as Videos[0].Rating. */
  readonly unmappedFields: Readonly<Record<string, string>>
}

/** All videos of a listing, as they are now: what an earlier event of the listing said of them is over. Published once for each change, in order per listing; a tombstone follows when the listing is deleted. */
export type ListingVideosReplaced = {
  /** ListingKey of the source; also the Kafka key. */
  readonly listingKey: string
  /** Why the set is published. */
  readonly change: UpsertChange | null
  /** Null: that the set changed is told by the listing's VideosChangeTimestamp (header change-stamps). */
  readonly modificationTimestamp: InstantText | null
  /** When the source was seen to say so, by the source's clock. */
  readonly observedAt: InstantText | null
  /** The pass that saw it. */
  readonly passId: string | null
  /** Empty: nothing of a set changes by itself. */
  readonly volatileFields: Readonly<Record<string, boolean | number | string | null>>
  /** The content. Always the last field. */
  readonly videoSet: ListingVideoSet | null
}

/** A document of a listing. */
export type ListingDocument = {
  /** Of the document. */
  readonly Id: string | null
  /** What the document is called. */
  readonly Name: string | null
  /** Where it is. */
  readonly Uri: string | null
  /** Who may see it. */
  readonly Privacy: string | null
}

/** The set, under the source's own name. */
export type ListingDocumentSetFields = {
  /** In the source's order, which is that of display. An empty list: the listing has none. */
  readonly Documents: readonly ListingDocument[] | null
}

/** The content of the set. Two events of a listing that follow each other differ in it. */
export type ListingDocumentSet = {
  /** The set. Null: it is withheld (see maskedFields), or was no list (see unmappedFields). */
  readonly fields: ListingDocumentSetFields | null
  /** Sorted names of the fields whose value the source withholds (it sends ********), as Documents.Name. They are null where they stand. */
  readonly maskedFields: readonly string[]
  /** Whatever has no field of its own or did not fit it, as JSON text with sorted member names, under a path as Documents[0].Rating. */
  readonly unmappedFields: Readonly<Record<string, string>>
}

/** All documents of a listing, as they are now: what an earlier event of the listing said of them is over. Published once for each change, in order per listing; a tombstone follows when the listing is deleted. */
export type ListingDocumentsReplaced = {
  /** ListingKey of the source; also the Kafka key. */
  readonly listingKey: string
  /** Why the set is published. */
  readonly change: UpsertChange | null
  /** Null: that the set changed is told by the listing's DocumentsChangeTimestamp (header change-stamps). */
  readonly modificationTimestamp: InstantText | null
  /** When the source was seen to say so, by the source's clock. */
  readonly observedAt: InstantText | null
  /** The pass that saw it. */
  readonly passId: string | null
  /** Empty: nothing of a set changes by itself. */
  readonly volatileFields: Readonly<Record<string, boolean | number | string | null>>
  /** The content. Always the last field. */
  readonly documentSet: ListingDocumentSet | null
}

/** A virtual tour of a listing. */
export type ListingVirtualTour = {
  /** Of the tour. */
  readonly Id: string | null
  /** Shared by the branded and the unbranded version of one tour. */
  readonly GroupId: string | null
  /** What the tour is called. */
  readonly Name: string | null
  /** Where it is. */
  readonly Uri: string | null
  /** branded or unbranded. */
  readonly Type: string | null
  /** Who may see it. */
  readonly Privacy: string | null
}

/** The set, under the source's own name. */
export type ListingVirtualTourSetFields = {
  /** In the source's order, which is that of display. An empty list: the listing has none. */
  readonly VirtualTours: readonly ListingVirtualTour[] | null
}

/** The content of the set. Two events of a listing that follow each other differ in it. */
export type ListingVirtualTourSet = {
  /** The set. Null: it is withheld (see maskedFields), or was no list (see unmappedFields). */
  readonly fields: ListingVirtualTourSetFields | null
  /** Sorted names of the fields whose value the source withholds (it sends ********), as VirtualTours.GroupId. They are null where they stand. */
  readonly maskedFields: readonly string[]
  /** Whatever has no field of its own or did not fit it, as JSON text with sorted member names, under a path as VirtualTours[0].Rating. */
  readonly unmappedFields: Readonly<Record<string, string>>
}

/** All virtual tours of a listing, as they are now: what an earlier event of the listing said of them is over. Published once for each change, in order per listing; a tombstone follows when the listing is deleted. */
export type ListingVirtualToursReplaced = {
  /** ListingKey of the source; also the Kafka key. */
  readonly listingKey: string
  /** Why the set is published. */
  readonly change: UpsertChange | null
  /** Null: the source does not tell when the set changed. The header change-stamps has the listing's ModificationTimestamp. */
  readonly modificationTimestamp: InstantText | null
  /** When the source was seen to say so, by the source's clock. */
  readonly observedAt: InstantText | null
  /** The pass that saw it. */
  readonly passId: string | null
  /** Empty: nothing of a set changes by itself. */
  readonly volatileFields: Readonly<Record<string, boolean | number | string | null>>
  /** The content. Always the last field. */
  readonly virtualTourSet: ListingVirtualTourSet | null
}

/** An open house of a listing that is to come. */
export type ListingOpenHouse = {
  /** Of the open house. */
  readonly Id: string | null
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
  /** One label with its value each, as the MLS calls them. */
  readonly AdditionalInfo: readonly (Readonly<Record<string, string | null>>)[] | null
}

/** The set, under the source's own name. */
export type ListingOpenHouseSetFields = {
  /** In the source's order, which is that of display. An empty list: the listing has none. */
  readonly OpenHouses: readonly ListingOpenHouse[] | null
}

/** The content of the set. Two events of a listing that follow each other differ in it. */
export type ListingOpenHouseSet = {
  /** The set. Null: it is withheld (see maskedFields), or was no list (see unmappedFields). */
  readonly fields: ListingOpenHouseSetFields | null
  /** Sorted names of the fields whose value the source withholds (it sends ********), as OpenHouses.Date. They are null where they stand. */
  readonly maskedFields: readonly string[]
  /** Whatever has no field of its own or did not fit it, as JSON text with sorted member names, under a path as OpenHouses[0].Rating. */
  readonly unmappedFields: Readonly<Record<string, string>>
}

/** All open houses of a listing, as they are now: what an earlier event of the listing said of them is over. Published once for each change, in order per listing; a tombstone follows when the listing is deleted. */
export type ListingOpenHousesReplaced = {
  /** ListingKey of the source; also the Kafka key. */
  readonly listingKey: string
  /** Why the set is published. */
  readonly change: UpsertChange | null
  /** Null: the source does not tell when the set changed. The header change-stamps has the listing's ModificationTimestamp. */
  readonly modificationTimestamp: InstantText | null
  /** When the source was seen to say so, by the source's clock. */
  readonly observedAt: InstantText | null
  /** The pass that saw it. */
  readonly passId: string | null
  /** Empty: nothing of a set changes by itself. */
  readonly volatileFields: Readonly<Record<string, boolean | number | string | null>>
  /** The content. Always the last field. */
  readonly openHouseSet: ListingOpenHouseSet | null
}

/** A room of a listing. */
export type ListingRoom = {
  /** Of the room. */
  readonly Id: string | null
  /** What is known of the room: one label with its value each, as the MLS calls them, in the source's order. */
  readonly Fields: readonly (Readonly<Record<string, string | null>>)[] | null
}

/** The set, under the source's own name. */
export type ListingRoomSetFields = {
  /** In the source's order, which is that of display. An empty list: the listing has none. */
  readonly Rooms: readonly ListingRoom[] | null
}

/** The content of the set. Two events of a listing that follow each other differ in it. */
export type ListingRoomSet = {
  /** The set. Null: it is withheld (see maskedFields), or was no list (see unmappedFields). */
  readonly fields: ListingRoomSetFields | null
  /** Sorted names of the fields whose value the source withholds (it sends ********), as Rooms.Fields. They are null where they stand. */
  readonly maskedFields: readonly string[]
  /** Whatever has no field of its own or did not fit it, as JSON text with sorted member names, under a path as Rooms[0].Rating. */
  readonly unmappedFields: Readonly<Record<string, string>>
}

/** All rooms of a listing, as they are now: what an earlier event of the listing said of them is over. Published once for each change, in order per listing; a tombstone follows when the listing is deleted. */
export type ListingRoomsReplaced = {
  /** ListingKey of the source; also the Kafka key. */
  readonly listingKey: string
  /** Why the set is published. */
  readonly change: UpsertChange | null
  /** Null: the source does not tell when the set changed. The header change-stamps has the listing's ModificationTimestamp. */
  readonly modificationTimestamp: InstantText | null
  /** When the source was seen to say so, by the source's clock. */
  readonly observedAt: InstantText | null
  /** The pass that saw it. */
  readonly passId: string | null
  /** Empty: nothing of a set changes by itself. */
  readonly volatileFields: Readonly<Record<string, boolean | number | string | null>>
  /** The content. Always the last field. */
  readonly roomSet: ListingRoomSet | null
}

/** A unit of a listing. */
export type ListingUnit = {
  /** Of the unit. */
  readonly Id: string | null
  /** What is known of the unit: one label with its value each, as the MLS calls them, in the source's order. */
  readonly Fields: readonly (Readonly<Record<string, string | null>>)[] | null
}

/** The set, under the source's own name. */
export type ListingUnitSetFields = {
  /** In the source's order, which is that of display. An empty list: the listing has none. */
  readonly Units: readonly ListingUnit[] | null
}

/** The content of the set. Two events of a listing that follow each other differ in it. */
export type ListingUnitSet = {
  /** The set. Null: it is withheld (see maskedFields), or was no list (see unmappedFields). */
  readonly fields: ListingUnitSetFields | null
  /** Sorted names of the fields whose value the source withholds (it sends ********), as Units.Fields. They are null where they stand. */
  readonly maskedFields: readonly string[]
  /** Whatever has no field of its own or did not fit it, as JSON text with sorted member names, under a path as Units[0].Rating. */
  readonly unmappedFields: Readonly<Record<string, string>>
}

/** All units of a listing, as they are now: what an earlier event of the listing said of them is over. Published once for each change, in order per listing; a tombstone follows when the listing is deleted. */
export type ListingUnitsReplaced = {
  /** ListingKey of the source; also the Kafka key. */
  readonly listingKey: string
  /** Why the set is published. */
  readonly change: UpsertChange | null
  /** Null: the source does not tell when the set changed. The header change-stamps has the listing's ModificationTimestamp. */
  readonly modificationTimestamp: InstantText | null
  /** When the source was seen to say so, by the source's clock. */
  readonly observedAt: InstantText | null
  /** The pass that saw it. */
  readonly passId: string | null
  /** Empty: nothing of a set changes by itself. */
  readonly volatileFields: Readonly<Record<string, boolean | number | string | null>>
  /** The content. Always the last field. */
  readonly unitSet: ListingUnitSet | null
}

/** A picture of a floor plan. */
export type ListingFloorPlanImage = {
  /** Where it is. */
  readonly Uri: string | null
  /** For example all_in_one_png. */
  readonly Type: string | null
}

/** A floor plan of a listing. */
export type ListingFloorPlan = {
  /** Of the floor plan. */
  readonly Id: string | null
  /** What the floor plan is called. */
  readonly Name: string | null
  /** In the source's order. */
  readonly Images: readonly ListingFloorPlanImage[] | null
}

/** The set, under the source's own name. */
export type ListingFloorPlanSetFields = {
  /** In the source's order, which is that of display. An empty list: the listing has none. */
  readonly FloorPlans: readonly ListingFloorPlan[] | null
}

/** The content of the set. Two events of a listing that follow each other differ in it. */
export type ListingFloorPlanSet = {
  /** The set. Null: it is withheld (see maskedFields), or was no list (see unmappedFields). */
  readonly fields: ListingFloorPlanSetFields | null
  /** Sorted names of the fields whose value the source withholds (it sends ********), as FloorPlans.Name. They are null where they stand. */
  readonly maskedFields: readonly string[]
  /** Whatever has no field of its own or did not fit it, as JSON text with sorted member names, under a path as FloorPlans[0].Rating. */
  readonly unmappedFields: Readonly<Record<string, string>>
}

/** All floor plans of a listing, as they are now: what an earlier event of the listing said of them is over. Published once for each change, in order per listing; a tombstone follows when the listing is deleted. */
export type ListingFloorPlansReplaced = {
  /** ListingKey of the source; also the Kafka key. */
  readonly listingKey: string
  /** Why the set is published. */
  readonly change: UpsertChange | null
  /** Null: the source does not tell when the set changed. The header change-stamps has the listing's ModificationTimestamp. */
  readonly modificationTimestamp: InstantText | null
  /** When the source was seen to say so, by the source's clock. */
  readonly observedAt: InstantText | null
  /** The pass that saw it. */
  readonly passId: string | null
  /** Empty: nothing of a set changes by itself. */
  readonly volatileFields: Readonly<Record<string, boolean | number | string | null>>
  /** The content. Always the last field. */
  readonly floorPlanSet: ListingFloorPlanSet | null
}

/** Kind of pass. REPUBLISH: an operator has records published again. UNKNOWN: a symbol that the reader does not know yet. */
export type PassKind = 'UNKNOWN' | 'SNAPSHOT' | 'UPDATE' | 'PURGE' | 'REPUBLISH'

/** What happened to the pass. REJECTED: the guard held it, and an operator said that its deletes are wrong. WATERMARK_SET: an operator set the watermark of its resource back. UNKNOWN: a symbol that the reader does not know yet. */
export type PassEvent = 'UNKNOWN' | 'STARTED' | 'COMPLETED' | 'HELD' | 'FAILED' | 'REJECTED' | 'WATERMARK_SET'

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
  /** Keys that a purge walk did not show, by what became of them: emitted, held, refuted, inconclusive, unconfirmed. */
  readonly deletes: Readonly<Record<string, number>>
  /** Next offset to be written after this transaction, by data topic without its prefix, then by partition. Everything that the pass published lies before. */
  readonly endOffsets: Readonly<Record<string, readonly number[]>>
  /** In words, for held, rejected, failed and watermark_set, and for deletes that an operator approved. */
  readonly detail: string | null
  /** Of a failed purge: the code of why its sweep is not believed, for example short_count; null if it failed for something else. */
  readonly reason: string | null
  /** It was interrupted, and went on at its token: what left behind its back while it stood still, only the next pass notices. */
  readonly resumed: boolean | null
}

/** What a data topic holds below some offsets, as a completed sweep left it, so that a store can be proved to be the same (docs/certificate.md). In the transaction that completes the sweep, one for its resource and one for each kind of sets of it. */
export type SweepCertificate = {
  /** Name of the resource, for example listings or listing-photos. */
  readonly resource: string
  /** Its topic, with the prefix. */
  readonly topic: string | null
  /** The sweep: the pass id of the purge. */
  readonly passId: string | null
  /** Number of the feed's generation. */
  readonly generation: number | null
  /** When the set was looked at, by the clock of the process that wrote it. */
  readonly at: InstantText | null
  /** By partition of the topic: what lies below, in committed records, makes the set. */
  readonly endOffsets: readonly number[]
  /** Keys in the set: those whose last record below the offsets is no delete. */
  readonly keys: number | null
  /** 256 digests as 64 lower-case hex digits each, by the first byte of the SHA-256 of a key: the SHA-256 of the bucket's entries in ascending order of their keys' bytes, of each the length of the key as two bytes, big-endian, the key, and the 16 bytes of the header digest of its last record. */
  readonly buckets: readonly string[]
  /** SHA-256 of the bytes of the 256 digests, as 64 lower-case hex digits. */
  readonly root: string | null
}

/** HELD: the guard holds a pass. DEGRADED: the feed has not been ready for a minute. FAILED: a pass has failed three times in a row. RECOVERED: one of these is over. UNKNOWN: a symbol that the reader does not know yet. */
export type NotificationKind = 'UNKNOWN' | 'HELD' | 'DEGRADED' | 'FAILED' | 'RECOVERED'

/** What is over, as the notification that told of it first had it. */
export type RecoveredIncident = {
  /** Of that notification; null: nobody was told, or it is not in the topic any more. */
  readonly id: string | null
  /** HELD, DEGRADED or FAILED. */
  readonly kind: NotificationKind
  /** Name of the resource; null: the whole feed. */
  readonly resource: string | null
  /** Kind of pass; null: none. */
  readonly pass: string | null
}

/** What somebody should know who is not looking. The same as the webhook is sent; Kafka key and ce_id: its id. */
export type FeedNotification = {
  /** Of CloudEvents, the same for each way that it is told. */
  readonly id: string
  /** What it is about. */
  readonly kind: NotificationKind
  /** Name of the resource; null: the whole feed. */
  readonly resource: string | null
  /** Kind of pass, for example update; null: none. */
  readonly pass: string | null
  /** Code of the error, where there is one. */
  readonly code: string | null
  /** What happened, and what to do. */
  readonly message: string | null
  /** When, by the clock of the process. */
  readonly at: InstantText | null
  /** Of RECOVERED: what is over. */
  readonly recovers: RecoveredIncident | null
}

/** Value of a record of the topic `listings`; a tombstone is null. */
export type ListingEvent = ListingUpserted | ListingDeleted

/** Value of a record of the topic `accounts`; a tombstone is null. */
export type AccountEvent = AccountUpserted | AccountDeleted

/** Value of a record of the topic `openhouses`; a tombstone is null. */
export type OpenHouseEvent = OpenHouseUpserted | OpenHouseDeleted

/** Value of a record of the topic `contacts`; a tombstone is null. */
export type ContactEvent = ContactUpserted | ContactDeleted

/** Value of a record of the topic `listing-photos`; a tombstone is null. */
export type PhotoSetEvent = ListingPhotosReplaced

/** Value of a record of the topic `listing-videos`; a tombstone is null. */
export type VideoSetEvent = ListingVideosReplaced

/** Value of a record of the topic `listing-documents`; a tombstone is null. */
export type DocumentSetEvent = ListingDocumentsReplaced

/** Value of a record of the topic `listing-virtualtours`; a tombstone is null. */
export type VirtualTourSetEvent = ListingVirtualToursReplaced

/** Value of a record of the topic `listing-openhouses`; a tombstone is null. */
export type OpenHouseSetEvent = ListingOpenHousesReplaced

/** Value of a record of the topic `listing-rooms`; a tombstone is null. */
export type RoomSetEvent = ListingRoomsReplaced

/** Value of a record of the topic `listing-units`; a tombstone is null. */
export type UnitSetEvent = ListingUnitsReplaced

/** Value of a record of the topic `listing-floorplans`; a tombstone is null. */
export type FloorPlanSetEvent = ListingFloorPlansReplaced
