-- What the API reads by, and what its keys may do.

-- A key is found by its prefix and then compared as a whole; a name stands for one key for ever, so that the journal's actor is one.
create unique index api_key_prefix on api_key (prefix);
create unique index api_key_name on api_key (lower(name));
alter table api_key
  add column scopes text[] not null default '{}', -- what a service key may do, by name of permission
  add column mappings text[];                     -- own mappings; null: all

-- Parked rows are listed oldest first, page by page.
create index parked_since on parked (since, id);
