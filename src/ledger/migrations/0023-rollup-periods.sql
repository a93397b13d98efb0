-- What records ask their roll-ups for: whom the rolled-up records must refer to, and from which day to which.
create table rollup_asker (
  rollup text not null, slot text not null, id text not null, -- the record that shows it
  parent text not null, starts date not null, ends date not null,
  primary key (rollup, slot, id)
);
create index rollup_asker_parent on rollup_asker (rollup, parent);

-- Whom touched records refer to, and when they count: who asks for that is found when the mapping is claimed.
create table rollup_touched (
  mapping text not null, rollup text not null, parent text not null, day date not null,
  primary key (mapping, rollup, parent, day)
);

do $$ begin
  if exists (select from pg_roles where rolname = 'tally_app') then
    grant select, insert, update, delete on rollup_asker, rollup_touched to tally_app;
  end if;
end $$;
