-- Who waits for a record by its slot and id is found when that record is linked.
create index pending_parent on pending (detail) where reason = 'WAITING_FOR_PARENT';
-- Ids that a link had before: references may still name them.
create index record_former on record (link) where not active;
