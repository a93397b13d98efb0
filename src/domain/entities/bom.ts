import type { Entity } from './entity.ts';
import { choice, code, date, divisor, flag, integer, percent, quantity, reference, text, unit } from './fields.ts';

/** What a product is made of. */
export const BOM: Entity = {
  entity: 'bom',
  summary: 'A bill of material: what a product is made of, for a base quantity of it.',
  fields: {
    number: code('The bill’s own number.', ['S/4HANA A_BillOfMaterial.BillOfMaterial', 'ERPNext BOM.name']),
    product: reference('What is made.', ['S/4HANA A_BillOfMaterial.Material', 'ERPNext BOM.item'], {
      to: 'product',
      required: true,
    }),
    usage: choice('For what it is used.', ['S/4HANA A_BillOfMaterial.BillOfMaterialVariantUsage'], {
      one_of: ['manufacturing', 'engineering', 'sales', 'service', 'bundle'],
    }),
    variant: code('Which of several bills for the product.', ['S/4HANA A_BillOfMaterial.BillOfMaterialVariant']),
    revision: code('Its revision.', ['NetSuite bomRevision.name']),
    plant: code('Where it is made.', ['S/4HANA A_BillOfMaterial.Plant']),
    status: choice(
      'Whether it may be used.',
      ['S/4HANA A_BillOfMaterial.BillOfMaterialStatus', 'ERPNext BOM.is_active'],
      {
        one_of: ['draft', 'active', 'inactive'],
      },
    ),
    default: flag('The one that is used unless another is named.', ['ERPNext BOM.is_default']),
    'base quantity': divisor('For how much of the product the lines are.', [
      'S/4HANA A_BillOfMaterial.BOMHeaderQuantityInBaseUnit',
      'ERPNext BOM.quantity',
      'Odoo mrp.bom.product_qty',
    ]),
    unit: unit('What the base quantity counts.', ['S/4HANA A_BillOfMaterial.BOMHeaderBaseUnit', 'ERPNext BOM.uom']),
    'valid from': date('First day.', ['S/4HANA A_BillOfMaterial.HeaderValidityStartDate']),
    'valid to': date('Last day.', ['S/4HANA A_BillOfMaterial.HeaderValidityEndDate']),
    'change number': code('The change that made it so.', ['S/4HANA A_BillOfMaterial.EngineeringChangeDocument']),
  },
  lines: {
    components: {
      summary: 'What goes in. A system without numerators has `quantity` alone, for the base quantity of the head.',
      fields: {
        'line number': code('The line’s own number; it never changes.', ['S/4HANA BillOfMaterialItemNodeNumber'], {
          required: true,
        }),
        position: code('Its place, as people count.', ['S/4HANA BillOfMaterialItemNumber'], { examples: ['0010'] }),
        category: choice('What sort of line it is.', ['S/4HANA BillOfMaterialItemCategory'], {
          one_of: ['stock', 'non-stock', 'text', 'phantom', 'document', 'option', 'by-product', 'co-product'],
        }),
        component: reference('What goes in.', ['S/4HANA BillOfMaterialComponent', 'ERPNext BOM Item.item_code'], {
          to: 'product',
        }),
        description: text('What goes in, in words.', ['S/4HANA BOMItemDescription', 'ERPNext BOM Item.description']),
        quantity: quantity(
          'How much for the base quantity.',
          ['S/4HANA BillOfMaterialItemQuantity', 'ERPNext BOM Item.qty'],
          {
            in: 'unit',
          },
        ),
        numerator: quantity(
          'How much, where a system divides it by a denominator of its own.',
          ['Kingdee FNUMERATOR'],
          {
            in: 'unit',
            over: 'denominator',
          },
        ),
        denominator: divisor('For how much of the product; kept beside the numerator.', [
          'Kingdee FDENOMINATOR',
          'Dynamics 365 F&O BOM.QuantityDenominator',
        ]),
        unit: unit('What is counted.', ['S/4HANA BillOfMaterialItemUnit', 'ERPNext BOM Item.uom']),
        fixed: flag('The quantity is the same however much is made.', ['S/4HANA FixedQuantity']),
        scrap: percent(
          'What is lost on the way.',
          ['S/4HANA ComponentScrapInPercent', 'ERPNext BOM.process_loss_percentage'],
          {
            unit: 'P1',
          },
        ),
        operation: code('At which step it is used.', ['ERPNext BOM Item.operation']),
        'issue from': code('From which warehouse.', [
          'ERPNext BOM Item.source_warehouse',
          'S/4HANA ProdOrderIssueLocation',
        ]),
        'alternative group': code('Lines of one group stand for each other.', ['S/4HANA AlternativeItemGroup']),
        priority: integer('Which of them comes first.', ['S/4HANA AlternativeItemPriority']),
        'own bom': reference('The component’s own bill.', ['ERPNext BOM Item.bom_no'], { to: 'bom' }),
        'valid from': date('First day.', ['S/4HANA ValidityStartDate']),
        'valid to': date('Last day.', ['S/4HANA ValidityEndDate']),
        places: text('Where it sits, as drawings say.', ['S/4HANA BOMItemText2']),
      },
    },
  },
};
