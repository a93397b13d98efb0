-- Records of different parents may have one key: of bills of materials the product is a reference, which each side says by ids of
-- its own, so a key holds revision and usage only. `parents`: what the rule's references lead to, in their order; '' where it has none.
alter table link_key add column parents text not null default '';
alter table link_key drop constraint link_key_pkey;
alter table link_key add primary key (slot, fields, key, parents);
