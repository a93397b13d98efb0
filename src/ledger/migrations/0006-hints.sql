-- What webhooks say: that a record may have changed. Never what it says now; that is read at its system.
create sequence hint_seq;
create table hint (
  slot text not null, id text not null,
  seq bigint not null default nextval('hint_seq'), -- raised by every further hint: a reading begun before it does not end it
  since timestamptz not null, primary key (slot, id)
);
create index hint_since on hint (slot, since);
-- Who finds it not called calls the slot's capture.
create table hint_call (slot text primary key, called boolean not null);

-- Messages heard, kept far longer than their senders try again.
create table webhook (connection text not null, id text not null, at timestamptz not null, primary key (connection, id));
create index webhook_at on webhook (at);
create table webhook_count (
  connection text primary key, last_at timestamptz not null,
  received bigint not null default 0, repeated bigint not null default 0, ignored bigint not null default 0
);
