/** What entities are declared with: one word for each type, and groups of fields that several entities share. */
import { declare, type Fields } from './entity.ts';

export const text = declare('text');
export const code = declare('code');
export const choice = declare('choice');
export const flag = declare('flag');
export const integer = declare('integer');
export const decimal = declare('decimal');
export const percent = declare('percent');
export const quantity = declare('quantity');
export const money = declare('money');
export const price = declare('price');
export const divisor = declare('divisor');
export const date = declare('date');
export const instant = declare('instant');
export const timeZone = declare('time zone');
export const country = declare('country');
export const subdivision = declare('subdivision');
export const language = declare('language');
export const currency = declare('currency');
export const unit = declare('unit');
export const email = declare('email');
export const phone = declare('phone');
export const url = declare('url');
export const taxId = declare('tax id');
export const reference = declare('reference');

/** Longest e-mail address that can be delivered to (RFC 5321, 4.5.3.1.3: a path of 256 with its brackets). */
export const EMAIL_MAX = 254;
/** A Global Location Number or a GTIN of GS1, at its longest. */
export const GTIN_MAX = 14;

/** The currency of all amounts of a document. */
export const documentCurrency = currency(
  'The currency of every amount in it.',
  ['EN 16931 BT-5', 'UBL cbc:DocumentCurrencyCode', 'Business Central salesOrders.currencyCode'],
  { required: true },
);

/** What a document comes to. Names and sense follow UBL’s LegalMonetaryTotal. */
export const documentTotals: Fields = {
  'net total': money(
    'All lines, less deductions, plus charges, without tax.',
    ['EN 16931 BT-109', 'UBL cbc:TaxExclusiveAmount'],
    { in: 'currency' },
  ),
  'tax total': money('All taxes.', ['EN 16931 BT-110', 'UBL cac:TaxTotal/cbc:TaxAmount'], { in: 'currency' }),
  'gross total': money('What it comes to with tax.', ['EN 16931 BT-112', 'UBL cbc:TaxInclusiveAmount'], {
    in: 'currency',
  }),
};

/** How and when is paid, and who bears the way of the goods. */
export const documentTerms: Fields = {
  'payment terms': code('The terms of payment, by the key that the lookup tables translate.', [
    'EN 16931 BT-20',
    'UBL cac:PaymentTerms',
    'ERPNext Customer.payment_terms',
  ]),
  'delivery terms': code(
    'Who bears cost and risk of the way: an Incoterms 2020 rule.',
    ['UBL cac:DeliveryTerms/cbc:ID'],
    {
      max: 3,
      examples: ['DAP'],
    },
  ),
  'delivery place': text('The place that the delivery terms name.', ['UBL cac:DeliveryTerms/cac:DeliveryLocation']),
};

/** Where the goods go. */
export const shipTo: Fields = {
  'ship-to name': text('Who receives the goods.', ['EN 16931 BT-70', 'UBL cac:DeliveryParty']),
  'ship-to street': text('Street and number the goods go to; several lines are parted by line ends.', [
    'EN 16931 BT-75',
    'Salesforce Account.ShippingStreet',
  ]),
  'ship-to postal code': text('Postal code the goods go to.', [
    'EN 16931 BT-78',
    'Salesforce Account.ShippingPostalCode',
  ]),
  'ship-to city': text('Town the goods go to.', ['EN 16931 BT-77', 'Salesforce Account.ShippingCity']),
  'ship-to country': country('Country the goods go to.', ['EN 16931 BT-80', 'Salesforce Account.ShippingCountryCode']),
};

/** What each line of a priced document says. */
export const pricedLine: Fields = {
  'line number': code('The line’s own number; it never changes.', ['EN 16931 BT-126', 'UBL cac:InvoiceLine/cbc:ID'], {
    required: true,
  }),
  product: reference('What is sold.', ['EN 16931 BT-155', 'S/4HANA A_SalesOrderItem.Material'], { to: 'product' }),
  description: text('What is sold, in words.', ['EN 16931 BT-153', 'UBL cac:Item/cbc:Name']),
  quantity: quantity('How much.', ['EN 16931 BT-129', 'S/4HANA A_SalesOrderItem.RequestedQuantity'], {
    in: 'unit',
    required: true,
  }),
  unit: unit('What the quantity counts.', ['EN 16931 BT-130', 'Business Central salesOrderLines.unitOfMeasureCode']),
  'unit price': price(
    'Net price of `price per` units; of one where that is not said.',
    ['EN 16931 BT-146', 'UBL cac:Price/cbc:PriceAmount'],
    { in: 'currency' },
  ),
  'price per': divisor('How many units the price is for; kept beside it, never divided.', [
    'EN 16931 BT-149',
    'UBL cac:Price/cbc:BaseQuantity',
  ]),
  discount: percent('What is taken off the list price.', ['UBL cbc:MultiplierFactorNumeric'], { unit: 'P1' }),
  'tax category': code('How it is taxed, UNCL 5305 (S standard, Z zero, E exempt, AE reverse charge).', [
    'EN 16931 BT-151',
  ]),
  'tax rate': percent('Rate of tax.', ['EN 16931 BT-152'], { unit: 'P1' }),
  'net amount': money('The line without tax.', ['EN 16931 BT-131', 'UBL cbc:LineExtensionAmount'], { in: 'currency' }),
};
