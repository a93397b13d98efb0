-- A body that no reply showed: what we sent, as we suppose it stands there. Its version vouches for nothing.
alter table record add column assumed boolean not null default false;
