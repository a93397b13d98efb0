-- Which intents are open is told by their end alone, so that stating, sending and doubting them touches no index, and
-- each page has room for the rows as they are next.
drop index intent_open;
create unique index intent_open on intent (link, slot) where ended_at is null;
drop index intent_segment;
create index intent_segment on intent (segment, connection) where ended_at is null;
drop index intent_key;
create index intent_key on intent (key) where ended_at is null;
alter table intent set (fillfactor = 50);
