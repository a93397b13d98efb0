-- The life of documents that have one: where each stands, what was approved, and what happened when.
create table order_process (
  mapping text not null, record text not null, -- id in the CRM
  link uuid not null,
  origin text not null, -- crm: raised there; erp: seen as a pair first
  step text not null,   -- gate, approval, crossing, or a state of the table
  since timestamptz not null,
  waits_for text not null default '', -- a level, or nobody
  content text not null default '',   -- hash of what is approved
  level int,                          -- the level that is asked, and the lowest that may decide
  from_level int,
  due timestamptz,                    -- the level's time, or the step's target, is over
  said text not null default '',      -- the last word about it, for people
  raised_at timestamptz not null, ended_at timestamptz,
  ensured_at timestamptz,             -- when its workflow was last seen to
  primary key (mapping, record)
);
create index order_process_link on order_process (link);
create index order_process_ensured on order_process (ensured_at nulls first) where ended_at is null and origin = 'crm';
create index order_process_listed on order_process (raised_at desc, mapping, record);

-- One decision per level and content: nothing is approved twice.
create table order_approval (
  mapping text not null, record text not null, content text not null, level int not null,
  decision text not null check (decision in ('approved', 'refused')),
  approver text not null, reason text not null default '', at timestamptz not null,
  primary key (mapping, record, content, level)
);

create table order_event (
  id bigint generated always as identity primary key,
  mapping text not null, record text not null, at timestamptz not null,
  event text not null, step text not null, actor text not null default 'tallystick', said text not null default ''
);
create index order_event_of on order_event (mapping, record, id);

-- Which link refers to which: deliveries to orders, invoices to deliveries, payments to invoices.
create table related (
  child uuid not null, mapping text not null, field text not null, parent uuid not null,
  primary key (child, mapping, field)
);
create index related_parent on related (parent);

-- Which levels an approver's key decides; null: all.
alter table api_key add column levels text[];

do $$ begin
  if exists (select from pg_roles where rolname = 'tally_app') then
    grant select, insert, update, delete on order_process, order_approval, order_event, related to tally_app;
    revoke update, delete, truncate on order_approval, order_event from tally_app;
    grant usage on all sequences in schema tally to tally_app;
  end if;
end $$;
