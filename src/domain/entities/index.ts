/** Every entity that the product knows, by name. */
import { BOM } from './bom.ts';
import { CUSTOMER } from './customer.ts';
import type { Entity } from './entity.ts';
import { DELIVERY, INVOICE, PAYMENT } from './fulfilment.ts';
import { CONTACT, EMPLOYEE } from './people.ts';
import { FORECAST, SALES_TARGET } from './plans.ts';
import { PRICE_LIST_ENTRY, PRODUCT, STOCK_LEVEL } from './product.ts';
import { OPPORTUNITY, ORDER, QUOTE } from './sales.ts';
import { SERVICE_CASE } from './service-case.ts';

/** The canonical entities, in the order in which business happens. */
export const ENTITIES: ReadonlyMap<string, Entity> = new Map(
  [
    ...[CUSTOMER, CONTACT, EMPLOYEE],
    ...[PRODUCT, PRICE_LIST_ENTRY, BOM, STOCK_LEVEL],
    ...[OPPORTUNITY, QUOTE, ORDER, DELIVERY, INVOICE, PAYMENT],
    ...[SALES_TARGET, FORECAST],
    ...[SERVICE_CASE],
  ].map((entity) => [entity.entity, entity]),
);
