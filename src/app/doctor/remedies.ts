/** What to do about an error that a look ends in, by its code. */
const REMEDIES: Readonly<Record<string, string>> = {
  SPARK_SETTINGS: 'Correct SPARK_API_URL and SPARK_ACCESS_TOKEN.',
  SPARK_UNAUTHORIZED: 'Set SPARK_ACCESS_TOKEN to a token that the MLS has issued and not revoked.',
  SPARK_SESSION_EXPIRED: 'Set a new SPARK_ACCESS_TOKEN.',
  SPARK_KEY_DISABLED: "Ask the vendor's API support to switch the key on.",
  SPARK_KEY_RESTRICTED: "Ask the vendor's API support: the key may not be used in this way or from here.",
  SPARK_ACCOUNT_INACTIVE: "Ask the MLS to activate the key's user.",
  SPARK_WRONG_ENDPOINT: 'Set SPARK_API_URL to the endpoint that the key was issued for, with https.',
  SPARK_NOT_PERMITTED:
    "Ask the vendor's API support for the right to it, or leave it out of RESOURCES and SUBRESOURCES.",
  SPARK_BAD_PARAMETER: 'Ask for a key with the replication role, or set PAGE_LIMIT=25 until there is one.',
  SPARK_FILTER_REFUSED: 'Correct LISTINGS_FILTER, or ask whether the key may search its fields.',
  SPARK_RATE_LIMITED: 'Lower API_RATE, or find who else uses the key.',
  SPARK_CONNECTION: 'Check SPARK_API_URL, DNS, proxy, SPARK_API_CA and firewall.',
  SPARK_TIMEOUT: 'Check the network; raise SPARK_REQUEST_TIMEOUT.',
  SPARK_BAD_RESPONSE: 'Check SPARK_API_URL, and look for a gateway in between.',
  SPARK_NOT_FOUND: 'Check SPARK_API_URL: it is the base without /v1.',
  KAFKA_UNREACHABLE: 'Check that the brokers run, and KAFKA_BROKERS and KAFKA_SSL.',
  KAFKA_UNAUTHORIZED:
    'Correct KAFKA_SASL_MECHANISM and the user or client that belongs to it, or grant what docs/operations.md, "Rights in Kafka", lists.',
  KAFKA_TOKEN_REFUSED:
    'Correct KAFKA_SASL_OAUTH_CLIENT_ID, KAFKA_SASL_OAUTH_CLIENT_SECRET and KAFKA_SASL_OAUTH_SCOPE.',
  KAFKA_TOKEN_UNREACHABLE: 'Check KAFKA_SASL_OAUTH_TOKEN_URL, DNS, proxy and firewall.',
  REGISTRY_UNREACHABLE: 'Check that the registry runs, SCHEMA_REGISTRY_URL, proxy and SCHEMA_REGISTRY_CA.',
  REGISTRY_UNAUTHORIZED: "Correct SCHEMA_REGISTRY_AUTH, or the user's rights on the subjects.",
  REGISTRY_BAD_RESPONSE:
    'Correct SCHEMA_REGISTRY_URL: for Apicurio it ends in /apis/ccompat/v7, for Confluent it is the bare host.',
  REGISTRY_LOST:
    'Set SCHEMA_REGISTRY_URL to the registry of this feed, or restore its contents with their ids.',
  TOPIC_MISCONFIGURED: 'Correct the topic with kafka-configs.',
  TOPIC_MISSING: 'Create the topics, or set TOPICS_CREATE=true.',
  TOPIC_TRUNCATED: 'Run "listingstream snapshot --restart", which begins a new generation and fills it.',
  SOURCE_CHANGED:
    'Set the token of the source that the feed replicates, or begin a feed of its own under another TOPIC_PREFIX.',
  INDEX_CORRUPT: 'Delete the folder "index" in DATA_DIR: the next start builds it anew from the topics.',
  INDEX_UNAVAILABLE: 'Make DATA_DIR a folder that this user may write to, on a disk with room.',
}

export function remedyFor(code: string): string {
  return REMEDIES[code] ?? `Look up ${code} in docs/operations.md, "Error codes".`
}
