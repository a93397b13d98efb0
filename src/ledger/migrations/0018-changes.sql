-- What a warehouse is told: one row per change that was taken into agreement, in order. Only of mappings that say `feed: true`.
create table feed (mapping text primary key);
create table change (
  id bigint generated always as identity primary key,
  -- Given by whoever reads the feed, to rows that are committed: so a row that is committed late comes after what was read before, and never in between.
  number bigint unique,
  at timestamptz not null, mapping text not null, link uuid not null,
  operation text not null, -- agreed, changed, gone, back
  crm_id text, erp_id text, -- as they were then; null where there was none
  body bytea -- the baseline after it; null: gone
);
create sequence change_number owned by change.number;
create index change_unnumbered on change (id) where number is null;
create index change_link on change (mapping, link, id);

-- A baseline is the one place where agreement is written down: whoever writes it, the change is told in the same transaction.
create function baseline_told() returns trigger language plpgsql as $$ begin
  insert into change (at, mapping, link, operation, crm_id, erp_id, body)
  select ledger_now(), n.mapping, n.link, tg_argv[0], c.id, e.id, n.body
  from noted n join feed f on f.mapping = n.mapping join mapping m on m.name = n.mapping
  left join record c on c.link = n.link and c.slot = m.crm_slot and c.active and c.state <> 'gone'
  left join record e on e.link = n.link and e.slot = m.erp_slot and e.active and e.state <> 'gone'
  order by n.mapping, n.link;
  return null;
end $$;
create trigger baseline_agreed after insert on baseline referencing new table as noted for each statement execute function baseline_told('agreed');
create trigger baseline_changed after update on baseline referencing new table as noted for each statement execute function baseline_told('changed');

do $$ begin
  if exists (select from pg_roles where rolname = 'tally_app') then
    grant select, insert, update, delete on feed, change to tally_app;
    grant usage on all sequences in schema tally to tally_app;
  end if;
end $$;
