-- The ledger. Everything lives in schema tally. Bodies are bytes with a format tag, never jsonb: it refuses \u0000 and lone surrogates.

create table config_revision (
  number int primary key, author text not null, at timestamptz not null, files bytea not null, hash text not null
);
create table api_key (
  id text primary key, name text not null, role text not null, hash bytea not null unique, prefix text not null,
  created_at timestamptz not null, expires_at timestamptz not null, last_used_at timestamptz, revoked_at timestamptz
);

-- One row per connection: pause, breaker and request budget. A row, so that all workers agree.
create table connection (
  name text primary key,
  paused_code text, paused_reason text, paused_by text, paused_at timestamptz,
  failures int not null default 0, closed_until timestamptz, last_ok_at timestamptz, last_error text, last_error_code text,
  brake_from timestamptz, -- deletions before it were confirmed by a person
  budget_at timestamptz, budget_used double precision not null default 0
);

-- Where members of links stand. pass_no counts full passes begun, passes those finished; the cursors are the connector's own.
create table slot (
  name text primary key, connection text not null, record text not null, scope text,
  feed_cursor text not null default '', feed_at timestamptz,
  pass_no int not null default 0, pass_open boolean not null default false, pass_cursor text not null default '',
  pass_feed_at timestamptz, passes int not null default 0, passed_at timestamptz, pass_wanted boolean not null default true, control_id text
);
create table mapping (
  name text primary key, revision int not null, config int not null,
  crm_slot text not null references slot, erp_slot text not null references slot,
  identity_hash text not null, rekeyed_hash text, gate_open boolean not null default false, nudged boolean not null default false,
  paused_reason text, gated_at timestamptz
);

-- Which paths the stored bodies of a slot were kept for.
create table projection (slot text not null references slot, mapping text not null, hash text not null, primary key (slot, mapping));

-- A link: records that are one thing. segment is the lease; a record is in a link from its first observation on.
create table link (id uuid primary key, segment uuid, created_at timestamptz not null);
create index link_segment on link (segment) where segment is not null;

create table record (
  slot text not null, id text not null, link uuid not null, active boolean not null default true,
  state text not null default 'present', -- present, suspect, gone
  tombstone boolean not null default false,
  version text, modified_at timestamptz, reference text,
  seen_from timestamptz not null,   -- ledger time before the request that showed this body began
  written_at timestamptz,           -- end of our last intent here
  first_seen timestamptz not null,
  pass_no int not null default 0, hash bytea not null, format smallint not null default 1, body bytea not null, times bytea,
  label text not null default '', stale boolean not null default false, gone_at timestamptz,
  primary key (slot, id)
);
create unique index record_link on record (link, slot) where active;
create index record_reference on record (slot, reference) where reference is not null;
create index record_label on record (lower(label) text_pattern_ops);

create table record_key (slot text not null, fields text not null, key text not null, id text not null, primary key (slot, fields, key, id));
create index record_key_id on record_key (slot, id);
-- A create reserves all its keys at the target.
create table link_key (slot text not null, fields text not null, key text not null, link uuid not null, primary key (slot, fields, key));
create index link_key_link on link_key (link);

create sequence pending_seq;
create table pending (
  mapping text not null, slot text not null, id text not null, seq bigint not null default nextval('pending_seq'),
  due timestamptz not null, since timestamptz not null, -- since: oldest change not yet worked on
  state text not null default 'due', -- due, claimed, waiting, doubt
  reason text, detail text, tries int not null default 0, segment uuid, claimed_seq bigint, claimed_since timestamptz, cause text not null default 'change',
  primary key (mapping, slot, id)
);
create index pending_due on pending (mapping, due) where state in ('due', 'waiting', 'doubt');
create index pending_segment on pending (segment) where segment is not null;

create table parked (
  id uuid primary key, mapping text not null, link uuid not null, field text not null default '', code text not null,
  cause text not null default '', message text not null, detail bytea not null, keys text[] not null default '{}',
  since timestamptz not null, updated_at timestamptz not null,
  decision bytea, decided_by text, decided_at timestamptz,
  refused bytea, -- hash of the write the target refused: not sent again as it is, until a person says retry
  unique (mapping, link, field)
);
create index parked_code on parked (mapping, code);
create index parked_keys on parked using gin (keys);

create table baseline (link uuid not null, mapping text not null, format smallint not null default 1, body bytea not null, at timestamptz not null, primary key (link, mapping));

create table intent (
  link uuid not null, slot text not null, no int not null, mapping text not null, segment uuid not null, connection text not null,
  state text not null default 'stated', -- stated, sending, doubt, ended
  op text not null, generation int not null default 0, key text not null, record_id text, expect_version text, sends int not null default 0,
  format smallint not null default 1, body bytea, -- write, intended agreement, before-image; emptied when ended
  stated_at timestamptz not null, sent_at timestamptz, doubt_until timestamptz, ended_at timestamptz, outcome text,
  primary key (link, slot, no)
);
create unique index intent_open on intent (link, slot) where state <> 'ended';
create index intent_segment on intent (segment, connection, state) where state <> 'ended';
create index intent_key on intent (key) where state <> 'ended';

create table segment (id uuid primary key, workflow text not null, mapping text not null, epoch int not null default 1, claimed_at timestamptz not null, finished_at timestamptz, records int not null default 0, writes int not null default 0);
create index segment_open on segment (workflow) where finished_at is null;
-- One fence per part of a segment: 'ledger' or a connection. Every attempt raises its own; older attempts are then refused.
create table fence (segment uuid not null, part text not null, epoch int not null, primary key (segment, part));

create table journal (
  id bigint generated always as identity primary key, at timestamptz not null, actor text not null, action text not null,
  mapping text, config int, link uuid, slot text, record_id text, fields text[] not null default '{}', code text, reason text not null default '', key text,
  digest bytea not null -- commitment: sha-256 of salt and values
);
create index journal_link on journal (link, id);
create index journal_record on journal (slot, record_id, id);
-- The only part of the journal that may be erased.
create table journal_value (journal bigint primary key, salt bytea not null, format smallint not null default 1, body bytea not null);
create table journal_chain (number bigint primary key, journal bigint not null unique, hash bytea not null);

-- Now, as the ledger sees it; a simulation sets its own.
create function ledger_now() returns timestamptz language sql volatile parallel safe as
  $$ select coalesce(nullif(current_setting('tally.now', true), '')::timestamptz, clock_timestamp()) $$;

do $$ begin
  if not exists (select from pg_roles where rolname = 'tally_app') then
    begin create role tally_app nologin; exception when duplicate_object or unique_violation or insufficient_privilege then null; end;
  end if;
end $$;
-- Where the role may not be made the ledger works without it, as its owner.
do $$ begin
  if exists (select from pg_roles where rolname = 'tally_app') then
    grant usage on schema tally to tally_app;
    grant select, insert, update, delete on all tables in schema tally to tally_app;
    revoke update, delete, truncate on journal, journal_chain from tally_app;
    revoke update, truncate on journal_value from tally_app;
    grant usage on all sequences in schema tally to tally_app;
  end if;
end $$;
