-- How often a system has said of a write that it does not know: only some of these words are journalled.
alter table outbox_write add column unknowns int not null default 0;
