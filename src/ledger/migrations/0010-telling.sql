-- People see in their own system that a record waits: once a wait has lasted, and once for each.
alter table pending add column told timestamptz; -- when they were told
alter table segment add column telling text;     -- the records of this segment are told of, for this reason, and not planned
alter table mapping add column since timestamptz not null default clock_timestamp(), -- what was edited before it was there is no news
  add column tell_at timestamptz;                -- not before then is there a look for whom to tell
alter table mapping alter column since set default ledger_now();
