-- Writes that may arrive once more, or at all, where nothing refuses them by then: what they would make of the record is not somebody's edit.
create table watched (
  slot text not null, id text not null, key text not null, mapping text not null, link uuid not null,
  due int not null, -- requests that may still arrive
  arrived text[] not null default '{}', -- paths whose value one of them put there, as long as it stands
  until timestamptz not null,
  format smallint not null default 1, body bytea not null, -- native paths to the values sent
  primary key (slot, id, key)
);
