import { quoteForeign } from '../../../support/secrets.ts'
import type { PostgresConnection } from './postgres-connection.ts'

/** What somebody else has made for a table, and the statements that make it again on another table of that name. */
export interface CarriedOver {
  /** For people: "the view market.cheap". */
  readonly what: string
  /** Of the table to which it belongs. */
  readonly table: string
  /** None: it cannot be made again. */
  readonly statements: readonly string[]
}

/**
 * What would go with the tables: rights, indexes, triggers, row security, and views that are made of them, in the order in
 * which they can be made again. Materialized views, foreign keys and other constraints are named only.
 *
 * @param tables names in the schema
 */
export async function madeByOthers(
  connection: PostgresConnection,
  schema: string,
  tables: readonly string[],
  signal: AbortSignal,
): Promise<readonly CarriedOver[]> {
  const found: CarriedOver[] = []
  for (const sql of [RIGHTS, INDEXES, TRIGGERS, ROW_SECURITY, POLICIES, VIEWS, LEFT_BEHIND]) {
    for (const { what, table, statements } of await connection.query(sql, [schema, tables], signal)) {
      found.push({
        what: what ?? '',
        table: table ?? '',
        statements: (statements ?? '').split('\u0001').filter(Boolean),
      })
    }
  }
  return found
}

/** Rights that the new tables have by default go: those of the tables before them count, and some of these may have been taken away. */
export async function withoutRights(
  connection: PostgresConnection,
  schema: string,
  tables: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const { statement } of await connection.query(GIVEN, [schema, tables], signal)) {
    if (statement !== null && statement !== undefined) await connection.query(statement, [], signal)
  }
}

/** @returns in words, what could not be made again */
export async function makeAgain(
  connection: PostgresConnection,
  things: readonly CarriedOver[],
  signal: AbortSignal,
): Promise<string[]> {
  const lost: string[] = []
  for (const { what, statements } of things) {
    if (statements.length === 0) {
      lost.push(what)
      continue
    }
    await connection.query('SAVEPOINT made_by_others', [], signal)
    try {
      for (const statement of statements) await connection.query(statement, [], signal)
      await connection.query('RELEASE SAVEPOINT made_by_others', [], signal)
    } catch (error) {
      await connection.query('ROLLBACK TO SAVEPOINT made_by_others', [], signal)
      lost.push(`${what} (${quoteForeign(error instanceof Error ? error.message : String(error))})`)
    }
  }
  return lost
}

// $1 is the schema, $2 the names of the tables. Statements are parted by U+0001, which no name has.
const OURS = `SELECT c.* FROM pg_class c WHERE c.relnamespace = to_regnamespace(quote_ident($1::text)) AND c.relname = ANY ($2::text[])`

const grantTo = (acl: string): string =>
  `CASE ${acl}.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(${acl}.grantee)) END
   || CASE WHEN ${acl}.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END`

const GIVEN = `
  SELECT DISTINCT format('REVOKE ALL ON %I.%I FROM %s', $1::text, o.relname,
    CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(acl.grantee)) END) AS statement
  FROM (${OURS}) o CROSS JOIN aclexplode(o.relacl) acl WHERE acl.grantee <> o.relowner`

/** Of the table, and of single columns. */
const RIGHTS = `
  SELECT * FROM (SELECT format('the rights on %I', o.relname) AS what, o.relname AS "table",
    concat_ws(E'\\u0001',
      (SELECT string_agg(format('GRANT %s ON %I.%I TO %s', acl.privilege_type, $1::text, o.relname, ${grantTo('acl')}), E'\\u0001')
       FROM aclexplode(o.relacl) acl WHERE acl.grantee <> o.relowner),
      (SELECT string_agg(format('GRANT %s (%I) ON %I.%I TO %s', acl.privilege_type, a.attname, $1::text, o.relname, ${grantTo('acl')}), E'\\u0001')
       FROM pg_attribute a CROSS JOIN aclexplode(a.attacl) acl
       WHERE a.attrelid = o.oid AND NOT a.attisdropped AND acl.grantee <> o.relowner)) AS statements
  FROM (${OURS}) o) rights WHERE statements <> ''`

const INDEXES = `
  SELECT format('the index %I on %I', i.relname, o.relname) AS what, o.relname AS "table",
    pg_get_indexdef(x.indexrelid) AS statements
  FROM (${OURS}) o JOIN pg_index x ON x.indrelid = o.oid JOIN pg_class i ON i.oid = x.indexrelid
  WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.indexrelid AND k.conrelid = o.oid)
  ORDER BY i.relname`

const TRIGGERS = `
  SELECT format('the trigger %I on %I', t.tgname, o.relname) AS what, o.relname AS "table",
    pg_get_triggerdef(t.oid) AS statements
  FROM (${OURS}) o JOIN pg_trigger t ON t.tgrelid = o.oid WHERE NOT t.tgisinternal ORDER BY t.tgname`

/** If one of its policies cannot be made again, nobody sees the rows that it spoke of. */
const ROW_SECURITY = `
  SELECT format('row security of %I', o.relname) AS what, o.relname AS "table",
    concat_ws(E'\\u0001', format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', $1::text, o.relname),
      CASE WHEN o.relforcerowsecurity THEN format('ALTER TABLE %I.%I FORCE ROW LEVEL SECURITY', $1::text, o.relname) END) AS statements
  FROM (${OURS}) o WHERE o.relrowsecurity`

const POLICIES = `
  SELECT format('the policy %I on %I', p.policyname, p.tablename) AS what, p.tablename AS "table",
    concat_ws(' ', format('CREATE POLICY %I ON %I.%I AS %s FOR %s TO', p.policyname, $1::text, p.tablename, p.permissive, p.cmd),
      (SELECT string_agg(CASE r WHEN 'public' THEN 'PUBLIC' ELSE quote_ident(r) END, ', ') FROM unnest(p.roles) r),
      'USING (' || p.qual || ')', 'WITH CHECK (' || p.with_check || ')') AS statements
  FROM pg_policies p WHERE p.schemaname = $1::text AND p.tablename = ANY ($2::text[]) ORDER BY p.policyname`

/** Those that hang on our tables, straight or by other views, the deeper ones later. */
const DEPENDENTS = `
  WITH RECURSIVE dependents AS (
    SELECT o.oid, o.relname AS "table", 0 AS depth FROM (${OURS}) o
    UNION
    SELECT v.oid, d."table", d.depth + 1
    FROM dependents d
    JOIN pg_depend p ON p.refclassid = 'pg_class'::regclass AND p.refobjid = d.oid AND p.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite w ON w.oid = p.objid JOIN pg_class v ON v.oid = w.ev_class AND v.oid <> d.oid
    WHERE d.depth < 20)
  , views AS (
    SELECT v.oid, v.relname, v.relkind, v.relowner, v.relacl, v.reloptions, n.nspname,
      min(d."table") AS "table", max(d.depth) AS depth
    FROM dependents d JOIN pg_class v ON v.oid = d.oid JOIN pg_namespace n ON n.oid = v.relnamespace
    WHERE d.depth > 0 GROUP BY v.oid, n.nspname)`

const VIEWS = `${DEPENDENTS}
  SELECT format('the view %I.%I', v.nspname, v.relname) AS what, v."table",
    concat_ws(E'\\u0001',
      format('CREATE VIEW %I.%I %s AS %s', v.nspname, v.relname,
        'WITH (' || array_to_string(v.reloptions, ', ') || ')', pg_get_viewdef(v.oid)),
      CASE WHEN v.relowner <> current_user::regrole
        THEN format('ALTER VIEW %I.%I OWNER TO %I', v.nspname, v.relname, pg_get_userbyid(v.relowner)) END,
      (SELECT string_agg(format('GRANT %s ON %I.%I TO %s', acl.privilege_type, v.nspname, v.relname, ${grantTo('acl')}), E'\\u0001')
       FROM aclexplode(v.relacl) acl WHERE acl.grantee <> v.relowner)) AS statements
  FROM views v WHERE v.relkind = 'v' ORDER BY v.depth, v.relname`

const LEFT_BEHIND = `${DEPENDENTS}
  SELECT format('the materialized view %I.%I', v.nspname, v.relname) AS what, v."table", '' AS statements
  FROM views v WHERE v.relkind = 'm'
  UNION ALL
  SELECT format('the constraint %I of %s', k.conname, k.conrelid::regclass), o.relname, ''
  FROM (${OURS}) o JOIN pg_constraint k ON k.conrelid = o.oid OR k.confrelid = o.oid WHERE k.contype NOT IN ('p', 'n')`
