-- Writes for systems that cannot be called: they pull them and acknowledge each. And the records that such a system says it has.
create sequence outbox_no;
create table outbox_write (
  connection text not null, key text not null,
  no bigint not null default nextval('outbox_no'), -- the order in which they are pulled
  record text not null, op text not null, record_id text, expect_version text,
  format smallint not null default 1, body bytea, -- the fields, each whole; emptied when answered
  intent_no int not null,                         -- the intent of the link that put it here
  sources text not null,                          -- what the other sides held then
  state text not null default 'waiting' check (state in ('waiting', 'withdrawn', 'done', 'refused')),
  put_at timestamptz not null, deliveries int not null default 0, first_at timestamptz, last_at timestamptz,
  answered_at timestamptz, answered_by text, answer_id text, answer_code text, answer_reason text,
  conflict boolean not null default false,
  primary key (connection, key)
);
create unique index outbox_write_waiting on outbox_write (connection, no) where state = 'waiting';
create index outbox_write_open on outbox_write (connection, record, record_id) where state = 'waiting' and record_id is not null;

create sequence outbox_seq;
create table outbox_record (
  connection text not null, record text not null, id text not null,
  seq bigint not null default nextval('outbox_seq'), -- given under a lock of the connection, so that none shows late
  version text, modified_at timestamptz, reference text, -- the key of the write that created it
  format smallint not null default 1, body bytea,        -- none: it is deleted
  at timestamptz not null, primary key (connection, record, id)
);
create unique index outbox_record_seq on outbox_record (connection, record, seq);
create unique index outbox_record_reference on outbox_record (connection, record, reference) where reference is not null;

-- Of which record types a system has said that it posted all.
create table outbox_complete (connection text not null, record text not null, at timestamptz not null, primary key (connection, record));

-- Whose writes a system's key pulls.
alter table api_key add column connections text[];

do $$ begin
  if exists (select from pg_roles where rolname = 'tally_app') then
    grant select, insert, update, delete on outbox_write, outbox_record, outbox_complete to tally_app;
    grant usage on all sequences in schema tally to tally_app;
  end if;
end $$;
