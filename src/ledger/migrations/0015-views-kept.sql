-- What views keep goes in time: answers by the view that they were kept for, and what has no record (there was none, or
-- the system could not say) by when that was last said.
drop index view_answer_age;
create index view_answer_kept on view_answer (view, hash, as_of) where body is not null;
create index view_answer_nothing on view_answer (view, greatest(as_of, failed_at)) where body is null;
