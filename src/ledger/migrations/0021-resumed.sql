-- When a person last said that the connection may be used again: a refusal of a right that was asked for before it is tried once more.
alter table connection add column resumed_at timestamptz;
