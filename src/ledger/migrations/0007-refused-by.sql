-- Which slot refused the write: only an effect there, or a plan that wants no such write any more, ends the refusal.
alter table parked add column refused_by text;
