import type { Entity } from './entity.ts';
import {
  choice,
  code,
  country,
  currency,
  date,
  decimal,
  divisor,
  flag,
  GTIN_MAX,
  integer,
  money,
  price,
  quantity,
  reference,
  text,
  unit,
} from './fields.ts';

/** Something that is made, bought or sold. */
export const PRODUCT: Entity = {
  entity: 'product',
  summary: 'Something that is made, bought or sold.',
  fields: {
    number: code(
      'The number that orders name (SKU).',
      [
        'EN 16931 BT-155',
        'Salesforce Product2.ProductCode',
        'S/4HANA A_Product.Product',
        'Odoo Product.code',
        'ERPNext Item.item_code',
        'Business Central items.number',
      ],
      { required: true },
    ),
    name: text('What it is called.', ['EN 16931 BT-153', 'Odoo Product.name', 'ERPNext Item.item_name'], {
      required: true,
    }),
    description: text('What it is, at length.', [
      'EN 16931 BT-154',
      'Odoo Product.description',
      'ERPNext Item.description',
    ]),
    kind: choice('What sort of thing it is.', ['Odoo Product.type', 'ERPNext Item.is_stock_item'], {
      one_of: ['goods', 'service', 'kit', 'configurable', 'phantom'],
    }),
    status: choice('Whether it may be ordered.', ['Odoo Product.active', 'ERPNext Item.disabled'], {
      one_of: ['planned', 'active', 'discontinued', 'inactive'],
    }),
    group: code('The group it belongs to.', [
      'Odoo Product.category',
      'ERPNext Item.item_group',
      'S/4HANA A_Product.ProductGroup',
    ]),
    brand: text('Its brand.', ['ERPNext Item.brand']),
    unit: unit('What stock is counted in.', [
      'S/4HANA A_Product.BaseUnit',
      'Odoo Product.unit',
      'ERPNext Item.stock_uom',
      'Business Central items.baseUnitOfMeasureCode',
    ]),
    'sales unit': unit('What it is sold in, where that differs.', ['S/4HANA A_ProductSalesDelivery.SalesMeasureUnit']),
    gtin: code('Its Global Trade Item Number.', ['GS1 GTIN', 'EN 16931 BT-157', 'Odoo Product.barcode'], {
      max: GTIN_MAX,
    }),
    'maker number': code('The maker’s own number.', ['UBL cac:ManufacturersItemIdentification']),
    'customs code': code('Its place in the Harmonized System; countries add digits.', [
      'WCO HS',
      'ERPNext Item.customs_tariff_number',
    ]),
    origin: country('Where it was made.', ['EN 16931 BT-159', 'ERPNext Item.country_of_origin']),
    currency: currency('The currency of its prices.', ['ISO 4217']),
    'list price': price('What one unit costs without discount.', ['Odoo Product.price', 'ERPNext Item.standard_rate'], {
      in: 'currency',
    }),
    'standard cost': price('What one unit costs us.', ['Odoo Product.cost', 'NetSuite inventoryItem.cost'], {
      in: 'currency',
    }),
    'net weight': quantity('What one unit weighs, unpacked.', ['Odoo Product.weight', 'ERPNext Item.weight_per_unit'], {
      in: 'weight unit',
    }),
    'gross weight': quantity('What one unit weighs, packed.', ['S/4HANA A_Product.GrossWeight'], { in: 'weight unit' }),
    'weight unit': unit('What its weights are in.', ['S/4HANA A_Product.WeightUnit', 'ERPNext Item.weight_uom']),
    'tax category': code('How it is taxed, by the key that the lookup tables translate.', ['EN 16931 BT-151']),
    'by batch': flag('Stock is kept by batch.', ['S/4HANA A_Product.IsBatchManagementRequired']),
    'by serial number': flag('Each piece has a number of its own.', ['NetSuite serializedInventoryItem']),
    'variant of': reference('The product it is a variant of.', ['ERPNext Item.variant_of'], { to: 'product' }),
    'valid from': date('First day on which it may be ordered.', ['S/4HANA A_Product.ProductValidStartDate']),
  },
  lines: {
    conversions: {
      summary: 'Other units: `numerator` base units are `denominator` of them. Both are kept; nothing is divided.',
      fields: {
        unit: unit('The other unit.', ['S/4HANA A_ProductUnitsOfMeasure.AlternativeUnit'], { required: true }),
        numerator: decimal('How many base units.', ['S/4HANA A_ProductUnitsOfMeasure.QuantityNumerator'], {
          over: 'denominator',
          required: true,
        }),
        denominator: divisor('How many of the other unit.', ['S/4HANA A_ProductUnitsOfMeasure.QuantityDenominator'], {
          required: true,
        }),
      },
    },
  },
};

/** What a product costs whom, from when. */
export const PRICE_LIST_ENTRY: Entity = {
  entity: 'price-list-entry',
  summary: 'What a product costs on a price list, from when and from how much on.',
  fields: {
    'price list': code('The list.', ['Salesforce PricebookEntry.Pricebook2Id', 'ERPNext Item Price.price_list'], {
      required: true,
    }),
    product: reference('What is priced.', ['Salesforce PricebookEntry.Product2Id', 'ERPNext Item Price.item_code'], {
      to: 'product',
      required: true,
    }),
    customer: reference('For whom alone it holds.', ['ERPNext Item Price.customer'], { to: 'customer' }),
    price: price(
      'The price of `price per` units; of one where that is not said.',
      ['Salesforce PricebookEntry.UnitPrice', 'S/4HANA ConditionRateValue'],
      {
        in: 'currency',
        required: true,
      },
    ),
    'price per': divisor('How many units the price is for.', ['S/4HANA ConditionQuantity', 'UBL cbc:BaseQuantity']),
    currency: currency('Its currency.', ['ERPNext Item Price.currency', 'S/4HANA ConditionRateValueUnit'], {
      required: true,
    }),
    unit: unit('The unit that is priced.', ['ERPNext Item Price.uom', 'S/4HANA ConditionQuantityUnit']),
    'from quantity': quantity('From how much on it holds.', ['S/4HANA ConditionScaleQuantity'], { in: 'unit' }),
    'includes tax': flag('Tax is in the price.', ['Kingdee FTaxPrice']),
    'valid from': date('First day.', ['ERPNext Item Price.valid_from', 'S/4HANA ConditionValidityStartDate']),
    'valid to': date('Last day.', ['ERPNext Item Price.valid_upto', 'S/4HANA ConditionValidityEndDate']),
  },
};

/** How much of a product lies where. */
export const STOCK_LEVEL: Entity = {
  entity: 'stock-level',
  summary: 'How much of a product lies at a place. The ERP counts; the CRM only reads.',
  fields: {
    product: reference('Of what.', ['S/4HANA A_MatlStkInAcctMod.Material', 'ERPNext Bin.item_code'], {
      to: 'product',
      required: true,
    }),
    place: code('Plant or warehouse.', ['S/4HANA A_MatlStkInAcctMod.Plant', 'ERPNext Bin.warehouse'], {
      required: true,
    }),
    bin: code('Place within the warehouse.', ['S/4HANA A_MatlStkInAcctMod.StorageLocation']),
    batch: code('Of which batch.', ['S/4HANA A_MatlStkInAcctMod.Batch']),
    unit: unit('What is counted.', ['S/4HANA A_MatlStkInAcctMod.MaterialBaseUnit', 'ERPNext Bin.stock_uom'], {
      required: true,
    }),
    'on hand': quantity('What lies there.', ['ERPNext Bin.actual_qty', 'Odoo stock.quant.quantity'], {
      in: 'unit',
      required: true,
    }),
    reserved: quantity('What of it is promised.', ['ERPNext Bin.reserved_qty', 'Odoo stock.quant.reserved_quantity'], {
      in: 'unit',
    }),
    ordered: quantity('What is on its way in.', ['ERPNext Bin.ordered_qty'], { in: 'unit' }),
    value: money('What it stands for in the books.', ['ERPNext Bin.stock_value'], { in: 'currency' }),
    currency: currency('The currency of its value.', ['ISO 4217']),
    'lead time': integer('How long a new one takes.', ['NetSuite inventoryItem.leadTime'], { unit: 'DAY' }),
  },
};
