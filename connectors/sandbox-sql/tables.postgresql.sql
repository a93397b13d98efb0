CREATE SEQUENCE customer_no_seq START 100001;
CREATE SEQUENCE row_version_seq;

CREATE TABLE customer (
  customer_no   text PRIMARY KEY DEFAULT lpad(nextval('customer_no_seq')::text, 10, '0'),
  external_ref  text UNIQUE,
  name          varchar(80) NOT NULL CHECK (name <> ''),
  search_term   varchar(20),
  grouping      varchar(4) NOT NULL CHECK (grouping IN ('Z001', 'Z002', 'Z009')),
  tax_number    varchar(20),
  language      varchar(2),
  payment_terms varchar(4),
  credit_limit  numeric,
  points        bigint,
  blocked       varchar(1) NOT NULL DEFAULT '',
  phone         varchar(30),
  email         varchar(120),
  street        varchar(60),
  postal_code   varchar(10),
  city          varchar(60),
  country       varchar(2) NOT NULL,
  note          varchar(500),
  row_version   bigint NOT NULL DEFAULT nextval('row_version_seq'),
  changed_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX customer_changed ON customer (changed_at, customer_no);

-- What changes nothing moves neither version nor date.
CREATE FUNCTION customer_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW IS DISTINCT FROM OLD THEN
    NEW.row_version := nextval('row_version_seq');
    NEW.changed_at := clock_timestamp();
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER customer_touched BEFORE UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION customer_touched();
