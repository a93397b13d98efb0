-- The brake counts what a system emptied as it counts what it deleted, and looks at neither record by record.
alter table record add column blanked_at timestamptz;
create index record_lost on record (slot) where gone_at is not null or blanked_at is not null;
