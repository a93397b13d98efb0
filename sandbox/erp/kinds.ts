/** The kinds of record the ERP keeps. A new one is a file of its own beside this one, and a line in the list below. */
import { BOMS } from './boms.ts';
import { CONTACTS } from './contacts.ts';
import { DELIVERIES } from './deliveries.ts';
import { EMPLOYEES } from './employees.ts';
import { INVOICES } from './invoices.ts';
import { PAYMENTS } from './payments.ts';
import { FORECASTS, SALES_TARGETS } from './plans.ts';
import { PRICES, STOCKS } from './prices.ts';
import { PRODUCTS } from './products.ts';
import { PROSPECTS } from './prospects.ts';
import { QUOTATIONS } from './quotations.ts';
import { SALES_ORDERS } from './sales-orders.ts';
import { type Kind, PARTNERS } from './shape.ts';

/** All of them; the address of each is `/api/<record>s`. */
export const KINDS: readonly Kind[] = [
  PARTNERS,
  CONTACTS,
  EMPLOYEES,
  SALES_ORDERS,
  PRODUCTS,
  BOMS,
  PRICES,
  STOCKS,
  DELIVERIES,
  INVOICES,
  PAYMENTS,
  PROSPECTS,
  QUOTATIONS,
  SALES_TARGETS,
  FORECASTS,
];
