-- References declared acyclic, as they stand after the last plan: from link to link of one mapping, held by a link of this or another.
create table edge (
  mapping text not null, link uuid not null, name text not null, -- components[10].component
  field text not null, -- components.component
  source uuid not null, target uuid not null,
  held boolean not null, -- asked for by one side, and set aside because it would close a loop
  primary key (mapping, link, name, held)
);
create index edge_source on edge (mapping, field, source);
create index edge_target on edge (mapping, field, target);
-- What a mapping's rows of it were made for; another declaration makes them anew from what was agreed on.
create table edges_made (mapping text primary key, declared text not null);
do $$ begin
  if exists (select from pg_roles where rolname = 'tally_app') then
    grant select, insert, update, delete on edge, edges_made to tally_app;
  end if;
end $$;
