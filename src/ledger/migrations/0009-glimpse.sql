-- What was seen of a record while a write of ours to it was under way: it is not stored, but it may be what we overwrote.
alter table intent add column glimpse bytea;
