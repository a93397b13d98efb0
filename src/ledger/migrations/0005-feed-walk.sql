-- When the walk through a feed that is under way began: only up to there the feed counts as read once it is through.
alter table slot add column feed_from timestamptz;
