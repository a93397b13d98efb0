CREATE TABLE customer (
  customer_no   BIGINT AUTO_INCREMENT PRIMARY KEY,
  external_ref  VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin UNIQUE,
  name          VARCHAR(80) NOT NULL CHECK (name <> ''),
  search_term   VARCHAR(20),
  `grouping`    VARCHAR(4) NOT NULL CHECK (`grouping` IN ('Z001', 'Z002', 'Z009')),
  tax_number    VARCHAR(20),
  language      VARCHAR(2),
  payment_terms VARCHAR(4),
  credit_limit  DECIMAL(38, 2),
  points        BIGINT,
  blocked       VARCHAR(1) NOT NULL DEFAULT '',
  phone         VARCHAR(30),
  email         VARCHAR(120),
  street        VARCHAR(60),
  postal_code   VARCHAR(10),
  city          VARCHAR(60),
  country       VARCHAR(2) NOT NULL,
  note          VARCHAR(500),
  row_version   BIGINT NOT NULL DEFAULT 1,
  changed_at    TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  INDEX customer_changed (changed_at, customer_no)
) AUTO_INCREMENT = 100001 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin ENGINE = InnoDB;

-- What changes nothing moves neither version nor date.
CREATE TRIGGER customer_touched BEFORE UPDATE ON customer FOR EACH ROW
  SET NEW.row_version = OLD.row_version + IF(
    NEW.external_ref <=> OLD.external_ref AND NEW.name <=> OLD.name AND NEW.search_term <=> OLD.search_term AND
    NEW.`grouping` <=> OLD.`grouping` AND NEW.tax_number <=> OLD.tax_number AND NEW.language <=> OLD.language AND
    NEW.payment_terms <=> OLD.payment_terms AND NEW.credit_limit <=> OLD.credit_limit AND NEW.points <=> OLD.points AND
    NEW.blocked <=> OLD.blocked AND NEW.phone <=> OLD.phone AND NEW.email <=> OLD.email AND NEW.street <=> OLD.street AND
    NEW.postal_code <=> OLD.postal_code AND NEW.city <=> OLD.city AND NEW.country <=> OLD.country AND NEW.note <=> OLD.note,
    0, 1
  );
