-- What each record adds to the roll-ups of the record that it refers to, worked out when it is stored.
create table rollup_part (
  rollup text not null, slot text not null, id text not null, -- the record that is rolled up
  parent text not null, -- id of the record that it refers to
  day date, currency text not null default '', amount numeric, value text,
  primary key (rollup, slot, id)
);
create index rollup_part_parent on rollup_part (rollup, parent);

-- Records whose roll-ups are worked out anew: something was added, or a day turns. Infinity: once all that is rolled up was read.
create table rollup_turn (
  mapping text not null, slot text not null, id text not null, at timestamptz not null,
  primary key (mapping, slot, id)
);
create index rollup_turn_at on rollup_turn (mapping, at);

-- What the parts of a roll-up were worked out by.
create table rollup_made (rollup text primary key, hash text not null);

do $$ begin
  if exists (select from pg_roles where rolname = 'tally_app') then
    grant select, insert, update, delete on rollup_part, rollup_turn, rollup_made to tally_app;
  end if;
end $$;
