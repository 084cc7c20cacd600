"""What a hostile member tries with a valid login, as statements, and what must come of each.

A line is what must come, then what is sent; several statements in one line are one message, `;;` parts messages.
`denied` is SQLSTATE 42501, `empty` an answer without rows, `ok` any answer, `-` anything at all, else an SQLSTATE. Beside
that, nothing in braces may come back, nor anything else that the login may not read, and nothing of the shared log may
be another than before: `test_hostile_member` looks at every byte.
"""

from collections.abc import Iterator
from typing import NamedTuple


class Probe(NamedTuple):
    """Messages of one session, and what must come of the last."""

    expected: str
    messages: tuple[str, ...]

    def __str__(self) -> str:
        return " ;; ".join(self.messages)[:90]


READING = r"""
denied  SELECT * FROM commandlog.inbox
denied  SELECT words FROM commandlog.inbox
denied  SELECT count(*) FROM commandlog.inbox
denied  SELECT * FROM commandlog.pieces_in
denied  SELECT * FROM commandlog.pulses
denied  SELECT * FROM commandlog.keepers
denied  SELECT * FROM commandlog.keeper_keys
denied  SELECT * FROM commandlog.parties
denied  SELECT * FROM commandlog.desks
denied  SELECT ends, joined FROM commandlog.desks
denied  SELECT desks FROM commandlog.desks
empty   SELECT * FROM commandlog.parts WHERE seq = {sealed}
empty   SELECT parts FROM commandlog.parts WHERE seq = {sealed}
empty   SELECT * FROM ONLY commandlog.parts WHERE 'aid' = ANY (readers)
empty   SELECT * FROM commandlog.parts WHERE readers @> '{aid}'
empty   SELECT * FROM commandlog.parts TABLESAMPLE SYSTEM (100) WHERE seq = {sealed}
empty   SELECT * FROM commandlog.parts WHERE ctid = '(0,{sealed})' AND seq = {sealed}
empty   SELECT * FROM commandlog.pieces WHERE seq = {sealed}
empty   SELECT * FROM commandlog.opened WHERE seq = {sealed}
empty   SELECT * FROM commandlog.refusals WHERE login <> session_user
denied  SET row_security = off; SELECT * FROM commandlog.parts
denied  SELECT set_config('row_security', 'off', false); SELECT * FROM commandlog.parts
empty   PREPARE q AS SELECT * FROM commandlog.parts WHERE seq = $1 ;; EXECUTE q({sealed})
empty   BEGIN; DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT * FROM commandlog.parts WHERE seq = {sealed}; COMMIT; FETCH ALL c
ok      COPY commandlog.parts TO STDOUT
ok      COPY (SELECT * FROM commandlog.parts, commandlog.pieces) TO STDOUT (FORMAT binary)
denied  COPY commandlog.inbox TO STDOUT
denied  COPY commandlog.parts TO PROGRAM 'cat'
denied  COPY commandlog.parts TO '/tmp/parts'
denied  COPY commandlog.inbox (id, header, frame) FROM '/etc/hostname'
-       SELECT query_to_xml('SELECT * FROM commandlog.parts', true, false, '')
-       SELECT table_to_xml('commandlog.inbox', true, false, '')
-       SELECT * FROM ts_stat('SELECT to_tsvector(encode(words, ''escape'')) FROM commandlog.parts')
-       SELECT currtid2('commandlog.parts', '(0,1)')
denied  SELECT * FROM pg_toast.{toast}
"""

LEAKING = r"""
empty   SELECT * FROM commandlog.parts WHERE seq = {sealed} AND convert_from(words, 'UTF8')::int = 1
empty   SELECT * FROM commandlog.parts WHERE seq = {sealed} AND 1 / (length(words) - length(words)) = 1
empty   SELECT * FROM commandlog.parts WHERE seq = {sealed} AND (words::text)::regclass IS NULL
empty   SELECT * FROM commandlog.parts WHERE seq = {sealed} AND encode(words, 'escape')::json IS NULL
empty   SELECT * FROM commandlog.parts WHERE seq = {sealed} AND (encode(words, 'escape'))::xml IS NULL
empty   SELECT * FROM commandlog.parts WHERE seq = {sealed} AND '' ~ encode(words, 'escape')
empty   SELECT * FROM commandlog.parts WHERE seq = {sealed} AND to_number(words::text, 'x') / 0 = 1
empty   SELECT * FROM commandlog.parts WHERE seq = {sealed} AND current_setting(encode(words, 'hex')) = ''
empty   SELECT * FROM commandlog.parts p JOIN commandlog.chain c USING (seq) WHERE seq = {sealed} AND words::text::int = 1
empty   SELECT * FROM commandlog.chain c, LATERAL (SELECT words::text::int FROM commandlog.parts p WHERE p.seq = c.seq) x WHERE c.seq = {sealed}
empty   SELECT * FROM commandlog.parts WHERE seq = {sealed} GROUP BY seq HAVING max(words::text)::int = 1
empty   SELECT * FROM commandlog.pieces WHERE seq = {sealed} AND bytes::text::int = 1
empty   SELECT * FROM commandlog.refusals WHERE login <> session_user AND why::int = 1
empty   SELECT max(0 / length(why)) OVER () FROM commandlog.refusals WHERE login <> session_user AND why::int = 1
denied  SELECT words::text::int FROM commandlog.inbox
ok      EXPLAIN (ANALYZE, VERBOSE, BUFFERS) SELECT * FROM commandlog.parts WHERE words::text LIKE '%canary%'
ok      EXPLAIN (ANALYZE, VERBOSE, SETTINGS) SELECT * FROM commandlog.pieces JOIN commandlog.parts USING (seq)
denied  EXPLAIN SELECT * FROM commandlog.inbox WHERE words > '\x00'
ok      INSERT INTO commandlog.inbox (id, header, frame, words) VALUES ('{pending}', '', '', 'by:{me}')
ok      INSERT INTO commandlog.pieces_in (file, number, bytes) VALUES ('{file}', 0, 'by:{me}')
denied  INSERT INTO commandlog.inbox (id, header, frame) VALUES ('{pending}', '', '') ON CONFLICT (login, id) DO NOTHING
denied  INSERT INTO commandlog.inbox (id, header, frame) VALUES ('{pending}', '', '') ON CONFLICT (login, id) DO UPDATE SET words = inbox.words
denied  INSERT INTO commandlog.inbox (id, header, frame) VALUES ('{pending}', '', '') RETURNING *
denied  INSERT INTO commandlog.inbox (id, header, frame) SELECT id, header, words FROM commandlog.inbox
23502   INSERT INTO commandlog.inbox DEFAULT VALUES
23514   INSERT INTO commandlog.inbox (id, header, frame) VALUES (repeat('x', 17)::bytea, '', '')
23514   INSERT INTO commandlog.inbox (id, header, frame) VALUES (repeat('x', 16)::bytea, repeat('x', 1025)::bytea, '')
23514   INSERT INTO commandlog.inbox (id, header, frame) VALUES (repeat('x', 16)::bytea, '', repeat('x', 65537)::bytea)
23514   INSERT INTO commandlog.inbox (id, header, frame, words) VALUES (repeat('x', 16)::bytea, '', '', repeat('x', 4194305)::bytea)
54000   INSERT INTO commandlog.inbox (id, header, frame, words) VALUES (repeat('x', 16)::bytea, '', '', repeat('x', 1073741824)::bytea)
"""

CATALOGUES = r"""
empty   SELECT * FROM pg_stats WHERE schemaname = 'commandlog' AND tablename IN ('parts', 'pieces', 'inbox', 'pieces_in', 'refusals', 'opened')
empty   SELECT * FROM pg_stats_ext WHERE schemaname = 'commandlog'
denied  SELECT * FROM pg_statistic
denied  SELECT * FROM pg_statistic_ext_data
denied  SELECT * FROM pg_authid
denied  SELECT * FROM pg_shadow
denied  SELECT * FROM pg_user_mapping
denied  SELECT * FROM pg_subscription
denied  SELECT * FROM pg_largeobject
denied  SELECT * FROM pg_stat_activity
denied  SELECT * FROM pg_stat_get_activity(NULL)
denied  SELECT pg_stat_get_backend_activity(i) FROM generate_series(1, 100) AS i
denied  SELECT * FROM pg_locks
denied  SELECT * FROM pg_stat_replication
denied  SELECT * FROM pg_hba_file_rules
denied  SELECT * FROM pg_file_settings
denied  SELECT * FROM pg_config
denied  SELECT * FROM pg_backend_memory_contexts
denied  SELECT * FROM pg_shmem_allocations
denied  SELECT pg_total_relation_size('commandlog.parts')
denied  SELECT pg_relation_size('commandlog.inbox')
42P01   SELECT * FROM pg_stat_statements
empty   SELECT * FROM pg_prepared_xacts
ok      SELECT * FROM pg_settings
ok      SELECT * FROM pg_roles
ok      SELECT * FROM pg_db_role_setting
ok      SELECT * FROM pg_stat_all_tables
ok      SELECT * FROM pg_cursors, pg_prepared_statements
ok      SELECT * FROM pg_policies
ok      SELECT pg_get_functiondef('commandlog.my_readers()'::regprocedure)
ok      SELECT current_setting('is_superuser'), current_setting('data_checksums')
denied  SELECT current_setting('data_directory'), current_setting('hba_file')
"""

OUTSIDE = r"""
denied  SELECT pg_read_file('PG_VERSION')
denied  SELECT pg_read_binary_file('base/1/1259')
denied  SELECT pg_ls_dir('.')
denied  SELECT pg_stat_file('PG_VERSION')
denied  SELECT pg_ls_waldir()
denied  SELECT pg_ls_logdir()
denied  SELECT pg_ls_tmpdir()
denied  SELECT pg_current_logfile()
denied  SELECT lo_import('/etc/passwd')
denied  SELECT lo_create(0)
denied  SELECT lo_from_bytea(0, 'x')
denied  SELECT lo_get(1)
denied  SELECT lo_export(1, '/tmp/x')
42883   SELECT * FROM dblink('dbname={database}', 'SELECT words FROM commandlog.parts') AS t (w bytea)
denied  CREATE EXTENSION dblink
denied  LOAD 'auto_explain'
denied  SELECT pg_logical_emit_message(true, 'x', repeat('x', 1000000))
denied  SELECT pg_create_logical_replication_slot('x', 'pgoutput')
denied  SELECT pg_create_physical_replication_slot('x')
denied  SELECT pg_create_restore_point('x')
denied  SELECT pg_switch_wal()
denied  SELECT pg_reload_conf()
denied  SELECT pg_rotate_logfile()
denied  SELECT pg_promote()
denied  SELECT pg_wal_replay_pause()
denied  SELECT pg_stat_reset()
denied  SELECT pg_log_backend_memory_contexts({victim})
denied  SELECT pg_terminate_backend({victim})
denied  SELECT pg_cancel_backend({victim})
denied  SELECT pg_export_snapshot()
"""

ROLES = r"""
denied  SET ROLE {keeper}
denied  SET ROLE {owner}
denied  SET ROLE postgres
denied  SET ROLE {theirs}
denied  SELECT set_config('role', '{keeper}', false)
denied  SET SESSION AUTHORIZATION {theirs}
denied  SET SESSION AUTHORIZATION postgres
denied  SELECT set_config('session_authorization', '{theirs}', false)
denied  ALTER ROLE {theirs} PASSWORD 'x'
denied  ALTER ROLE {theirs} SET search_path = x
denied  ALTER ROLE {theirs} RENAME TO x
denied  ALTER ROLE CURRENT_USER SUPERUSER
denied  ALTER ROLE CURRENT_USER BYPASSRLS
denied  ALTER ROLE CURRENT_USER CREATEROLE
denied  ALTER ROLE CURRENT_USER CONNECTION LIMIT 1000
denied  ALTER ROLE CURRENT_USER VALID UNTIL 'infinity'
denied  ALTER ROLE ALL SET search_path = x
denied  CREATE ROLE mine LOGIN
denied  DROP ROLE {theirs}
denied  GRANT {keeper} TO CURRENT_USER
denied  GRANT {theirs} TO CURRENT_USER
denied  GRANT CURRENT_USER TO PUBLIC
denied  GRANT pg_read_all_data TO CURRENT_USER
denied  GRANT SELECT ON commandlog.inbox TO PUBLIC
denied  REVOKE SELECT ON commandlog.chain FROM {member}
denied  ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC
denied  REASSIGN OWNED BY {owner} TO CURRENT_USER
denied  DROP OWNED BY {owner}
denied  DROP OWNED BY CURRENT_USER
denied  ALTER SYSTEM SET fsync = off
denied  ALTER DATABASE {database} SET search_path = x
denied  ALTER DATABASE {database} OWNER TO CURRENT_USER
denied  ALTER DATABASE {database} CONNECTION LIMIT 0
denied  DROP DATABASE {database}
denied  CREATE DATABASE mine
denied  CREATE TABLESPACE mine LOCATION '/tmp'
denied  SET session_replication_role = replica
denied  SET temp_file_limit = -1
denied  SET log_statement = 'all'
denied  SET lc_messages = 'C'
denied  SET max_stack_depth = '1MB'
ok      ALTER ROLE CURRENT_USER SET search_path = 'x' ;; ALTER ROLE CURRENT_USER RESET search_path
ok      SET ROLE {member}; INSERT INTO commandlog.inbox (id, header, frame, words) VALUES (decode(md5('{me}1'), 'hex'), '', '', 'by:{me}') ;; RESET ROLE
ok      SET application_name = 'commandlog keeper'; INSERT INTO commandlog.inbox (id, header, frame, words) VALUES (decode(md5('{me}2'), 'hex'), '', '', 'by:{me}')
"""

FORGING = r"""
denied  INSERT INTO commandlog.inbox (login, id, header, frame) VALUES ('{theirs}', decode(md5('x'), 'hex'), '', '')
denied  INSERT INTO commandlog.inbox (n, id, header, frame) VALUES (1, decode(md5('x'), 'hex'), '', '')
denied  INSERT INTO commandlog.inbox (n, id, header, frame) OVERRIDING SYSTEM VALUE VALUES (1, decode(md5('x'), 'hex'), '', '')
denied  INSERT INTO commandlog.inbox (at, id, header, frame) VALUES (now(), decode(md5('x'), 'hex'), '', '')
denied  INSERT INTO commandlog.inbox VALUES (DEFAULT, '{theirs}', decode(md5('x'), 'hex'), '', '')
denied  COPY commandlog.inbox (login, id) FROM STDIN
denied  INSERT INTO commandlog.pieces_in (login, file, number, bytes) VALUES ('{theirs}', '{file}', 1, '')
denied  INSERT INTO commandlog.pulses (login, upto) VALUES ('{theirs}', 1)
denied  INSERT INTO commandlog.chain VALUES (1000000, decode(md5('x'), 'hex'), '', '')
denied  INSERT INTO commandlog.parts VALUES (1000000, '', '', '', '{*}', NULL)
denied  INSERT INTO commandlog.opened VALUES ({sealed}, 1)
denied  INSERT INTO commandlog.checkpoints VALUES (1000000, '', 'LOG1', '', now())
denied  INSERT INTO commandlog.beats VALUES ('LOG1', 1, '', 1, '')
denied  INSERT INTO commandlog.presence VALUES ('E1', 'aid', 1, '', 1, 1, 1, 1, '', now(), true)
denied  INSERT INTO commandlog.desks VALUES (session_user, 'aid', 'E9')
denied  INSERT INTO commandlog.pieces VALUES (1, '', 1, '')
denied  INSERT INTO commandlog.refusals VALUES (session_user, '', '', now())
denied  UPDATE commandlog.chain SET hash = hash
denied  UPDATE commandlog.parts SET readers = '{*}'
denied  UPDATE commandlog.inbox SET words = 'x'
denied  UPDATE commandlog.desks SET party = 'aid' WHERE login = session_user
denied  UPDATE commandlog.about SET version = 9
denied  DELETE FROM commandlog.chain
denied  DELETE FROM commandlog.inbox
denied  DELETE FROM commandlog.parts WHERE seq = {sealed}
denied  TRUNCATE commandlog.chain
denied  WITH gone AS (DELETE FROM commandlog.chain RETURNING *) SELECT * FROM gone
denied  MERGE INTO commandlog.desks USING (SELECT 1) AS x ON true WHEN MATCHED THEN UPDATE SET party = 'aid'
denied  SELECT nextval('commandlog.inbox_n_seq')
denied  SELECT setval('commandlog.inbox_n_seq', 1)
denied  SELECT * FROM commandlog.inbox_n_seq
denied  SELECT commandlog.end_stalled_keeper()
denied  SELECT * FROM commandlog.chain FOR UPDATE
denied  SELECT * FROM commandlog.chain FOR KEY SHARE
denied  SELECT * FROM commandlog.desks FOR SHARE
ok      SET search_path = pg_temp, pg_catalog; SELECT commandlog.my_readers()
55000   BEGIN; INSERT INTO commandlog.inbox (id, header, frame, words) VALUES (decode(md5('{me}3'), 'hex'), '', '', 'by:{me}'); PREPARE TRANSACTION 'held'
"""

MAKING = r"""
denied  CREATE TEMP TABLE mine (a int)
denied  CREATE TEMP VIEW mine AS SELECT * FROM commandlog.parts
denied  CREATE TEMP SEQUENCE mine
denied  SELECT * INTO TEMP mine FROM commandlog.parts
denied  CREATE TABLE pg_temp.mine (a int)
denied  CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'
denied  CREATE TABLE public.mine (a int)
denied  CREATE TABLE commandlog.mine (a int)
denied  CREATE SCHEMA mine
denied  CREATE VIEW commandlog.mine AS SELECT * FROM commandlog.parts
denied  CREATE MATERIALIZED VIEW public.mine AS SELECT * FROM commandlog.parts
denied  CREATE FUNCTION public.leak(bytea) RETURNS bool COST 0.0000001 LANGUAGE sql AS 'SELECT true'
denied  CREATE OR REPLACE FUNCTION commandlog.my_readers() RETURNS text[] LANGUAGE sql AS $$ SELECT '{aid}'::text[] $$
denied  ALTER FUNCTION commandlog.my_readers() SECURITY INVOKER
denied  ALTER FUNCTION commandlog.my_readers() SET search_path = pg_temp
denied  CREATE OPERATOR public.&& (LEFTARG = text[], RIGHTARG = text[], FUNCTION = arrayoverlap)
denied  CREATE CAST (bytea AS int) WITH INOUT
denied  CREATE TYPE public.mine AS (a int)
denied  CREATE DOMAIN public.mine AS int
denied  CREATE AGGREGATE public.mine (int) (SFUNC = int4pl, STYPE = int)
denied  CREATE COLLATION public.mine FROM "C"
denied  CREATE LANGUAGE mine HANDLER plpgsql_call_handler
denied  CREATE RULE mine AS ON INSERT TO commandlog.inbox DO ALSO NOTIFY chain
denied  CREATE RULE mine AS ON INSERT TO commandlog.chain DO INSTEAD NOTHING
denied  CREATE TRIGGER mine BEFORE INSERT ON commandlog.inbox EXECUTE FUNCTION suppress_redundant_updates_trigger()
denied  CREATE POLICY mine ON commandlog.parts USING (true)
denied  ALTER POLICY member ON commandlog.parts USING (true)
denied  DROP POLICY member ON commandlog.parts
denied  ALTER TABLE commandlog.parts DISABLE ROW LEVEL SECURITY
denied  ALTER TABLE commandlog.parts ALTER words SET STATISTICS 1000
denied  ALTER TABLE commandlog.inbox RENAME TO outbox
denied  CREATE INDEX ON commandlog.inbox (words)
denied  CREATE STATISTICS commandlog.mine ON id, hash FROM commandlog.chain
denied  CREATE EVENT TRIGGER mine ON ddl_command_start EXECUTE FUNCTION commandlog.no_changes()
denied  DROP EVENT TRIGGER commandlog_no_changes
denied  ALTER EVENT TRIGGER commandlog_no_changes DISABLE
denied  SET event_triggers = off; CREATE RULE mine AS ON INSERT TO commandlog.inbox DO ALSO NOTIFY chain
denied  CREATE PUBLICATION mine FOR ALL TABLES
denied  CREATE SUBSCRIPTION mine CONNECTION 'dbname=x' PUBLICATION y
denied  CREATE FOREIGN DATA WRAPPER mine
denied  COMMENT ON TABLE commandlog.chain IS 'mine'
denied  COMMENT ON COLUMN commandlog.inbox.words IS 'mine'
denied  SECURITY LABEL ON TABLE commandlog.chain IS 'mine'
denied  DO $$ BEGIN PERFORM 1; END $$
denied  CREATE PROCEDURE public.mine() LANGUAGE sql AS 'SELECT 1'
denied  DROP SCHEMA commandlog CASCADE
denied  DROP TABLE commandlog.keepers
denied  REINDEX TABLE commandlog.inbox
denied  CLUSTER commandlog.inbox USING inbox_pkey
-       VACUUM FULL commandlog.parts
-       ANALYZE commandlog.parts
denied  REFRESH MATERIALIZED VIEW commandlog.parts
denied  IMPORT FOREIGN SCHEMA x FROM SERVER y INTO z
"""

WAITING = r"""
denied  SELECT pg_sleep(3600)
denied  SELECT pg_advisory_lock(1)
denied  SELECT pg_advisory_lock(i) FROM generate_series(1, 1000000) AS i
denied  SELECT pg_advisory_xact_lock(1)
denied  SELECT pg_try_advisory_lock_shared(1)
denied  SELECT pg_notify('inbox', '')
denied  SELECT pg_blocking_pids({victim})
ok      NOTIFY inbox
ok      NOTIFY chain, 'forged'
ok      LISTEN chain; LISTEN inbox; UNLISTEN *
22023   NOTIFY chain, '{long}'
"""

HOLDING = r"""
ok      BEGIN; SELECT * FROM commandlog.chain; SELECT * FROM commandlog.parts; SELECT * FROM commandlog.presence
ok      BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT * FROM commandlog.chain; SELECT * FROM commandlog.parts
ok      BEGIN; INSERT INTO commandlog.inbox (id, header, frame, words) VALUES (decode(md5('{me}4'), 'hex'), '', '', 'by:{me}')
ok      BEGIN; INSERT INTO commandlog.inbox (id, header, frame, words) SELECT decode(md5('{me}5' || i), 'hex'), '', '', 'by:{me}' FROM generate_series(1, 5000) AS i
ok      BEGIN; DECLARE c CURSOR FOR SELECT * FROM commandlog.parts, commandlog.chain; FETCH 1 FROM c
ok      BEGIN; LOCK TABLE commandlog.chain IN ACCESS SHARE MODE
ok      BEGIN; LOCK TABLE pg_catalog.pg_class, pg_catalog.pg_type, pg_catalog.pg_attribute IN ACCESS SHARE MODE
ok      LISTEN chain; LISTEN inbox; BEGIN; SELECT 1
ok      BEGIN; {savepoints}
ok      BEGIN; {notices}
ok      BEGIN; {notices}; COMMIT; BEGIN; {notices}; COMMIT
ok      BEGIN; SET LOCAL work_mem = '64MB'; SELECT count(*) FROM (SELECT md5(i::text) AS m FROM generate_series(1, 100000) AS i ORDER BY m) AS x
ok      SELECT count(*) FROM generate_series(1, 500000) AS i, generate_series(1, 2)
ok      {pulses}
"""

BEHIND = r"""
denied  CREATE RULE mine AS ON INSERT TO commandlog.inbox DO ALSO NOTIFY chain
denied  CREATE RULE mine AS ON INSERT TO commandlog.chain DO INSTEAD NOTHING
denied  CREATE OR REPLACE RULE "_RETURN" AS ON SELECT TO commandlog.desks DO INSTEAD SELECT 1
denied  CREATE TRIGGER mine BEFORE INSERT ON commandlog.inbox EXECUTE FUNCTION suppress_redundant_updates_trigger()
denied  CREATE CONSTRAINT TRIGGER mine AFTER INSERT ON commandlog.chain EXECUTE FUNCTION suppress_redundant_updates_trigger()
denied  DROP RULE mine ON commandlog.inbox
denied  ALTER TABLE commandlog.inbox ADD COLUMN mine int
denied  ALTER TABLE commandlog.chain RENAME COLUMN seq TO mine
denied  ALTER INDEX commandlog.inbox_pkey RENAME TO mine
denied  COMMENT ON COLUMN commandlog.inbox.id IS 'x'
denied  CREATE INDEX CONCURRENTLY ON commandlog.inbox (id)
denied  CREATE STATISTICS commandlog.mine ON id, frame FROM commandlog.inbox
denied  TRUNCATE commandlog.inbox
denied  DROP TABLE commandlog.inbox
denied  REINDEX TABLE CONCURRENTLY commandlog.inbox
denied  CLUSTER commandlog.inbox USING inbox_pkey
-       VACUUM (FULL) commandlog.inbox
-       ANALYZE commandlog.inbox
denied  LOCK TABLE commandlog.inbox
denied  LOCK TABLE commandlog.chain
denied  ALTER PUBLICATION mine ADD TABLE commandlog.inbox
denied  SECURITY LABEL ON COLUMN commandlog.inbox.id IS 'x'
"""
"""What a second session asks for while the first holds a transaction open that has written and read."""

MODES = ("ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE")  # fmt: skip
READABLE = ("about", "chain", "parts", "opened", "checkpoints", "beats", "presence", "pieces", "refusals")
OTHERS = ("desks", "inbox", "pieces_in", "pulses", "keepers", "keeper_keys", "parties")

NAMED = {
    "{savepoints}": "; ".join(f"SAVEPOINT s{i}; SELECT 1" for i in range(200)),
    "{notices}": "; ".join(f"NOTIFY chain, '{i}{'x' * 1000}'" for i in range(300)),
    "{pulses}": "; ".join(
        "INSERT INTO commandlog.pulses (upto, hash, purged, waiting, offset_ms, sent_at, signature)"
        " VALUES (1, sha256(''), false, 1, 1, 1, sha512(''))"
        for _ in range(100)
    ),
    "{long}": "x" * 9000,
}


def probes(text: str) -> list[Probe]:
    """Read a block of probes."""
    found = []
    for line in text.strip().splitlines():
        expected, _, messages = line.partition(" ")
        found.append(Probe(expected, tuple(message.strip() for message in messages.split(";;"))))
    return found


def locks() -> Iterator[Probe]:
    """Give every lock of every table: reading ones may be had for what may be read, no other."""
    for table in (*READABLE, *OTHERS):
        for mode in MODES:
            allowed = mode == "ACCESS SHARE" and table in READABLE
            yield Probe("ok" if allowed else "denied", (f"BEGIN; LOCK TABLE commandlog.{table} IN {mode} MODE",))


QUICK = [
    *(
        probe
        for text in (READING, LEAKING, CATALOGUES, OUTSIDE, ROLES, FORGING, MAKING, WAITING)
        for probe in probes(text)
    ),
    *locks(),
]
