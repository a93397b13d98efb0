-- What one system's people ask of the other: open questions, and the answers that were given to them.
create table view_question (
  view text not null, id text not null, connection text not null,
  needs timestamptz not null, -- an answer read no earlier than this ends the question
  asked_at timestamptz not null, primary key (view, id)
);
create index view_question_connection on view_question (connection, asked_at);
create table view_answer (
  view text not null, id text not null, hash text not null, -- of the view it was kept for
  as_of timestamptz, version text, format smallint not null default 1, body bytea, -- no body: there is no such record
  failed_at timestamptz, failed_code text, failed_reason text,
  primary key (view, id)
);
create index view_answer_age on view_answer (view, as_of);
