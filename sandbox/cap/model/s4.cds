/** Business objects in S/4HANA's field names, as its OData services show them. Every length is S/4HANA's. */
namespace s4;

/** What each header carries: when it was last changed, by which the feed goes, and which serves as its ETag. */
aspect Stamped {
  CreationDate       : Date      @cds.on.insert: $now;
  LastChangeDateTime : Timestamp @cds.on.insert: $now  @cds.on.update: $now  @odata.etag;
}

entity A_BusinessPartner : Stamped {
  key BusinessPartner              : String(10);
      BusinessPartnerCategory      : String(1);
      BusinessPartnerGrouping      : String(4);
      OrganizationBPName1          : String(40) @mandatory;
      OrganizationBPName2          : String(40);
      SearchTerm1                  : String(20);
      Language                     : String(2);
      BusinessPartnerIDByExtSystem : String(100);
      BusinessPartnerIsBlocked     : Boolean default false;
      IsMarkedForArchiving         : Boolean default false;
      InterestRate                 : Decimal(31, 2);
      CreationTime                 : Time;
      LastChangeDate               : Date;
      LastChangeTime               : Time;
      BusinessPartnerUUID          : UUID;
      to_BusinessPartnerAddress    : Composition of many A_BusinessPartnerAddress
                                       on to_BusinessPartnerAddress.BusinessPartner = BusinessPartner;
      to_BusinessPartnerTax        : Composition of many A_BusinessPartnerTaxNumber
                                       on to_BusinessPartnerTax.BusinessPartner = BusinessPartner;
}

entity A_BusinessPartnerAddress {
  key BusinessPartner : String(10);
  key AddressID       : String(10);
      StreetName      : String(60);
      PostalCode      : String(10);
      CityName        : String(40);
      Country         : String(3);
}

entity A_BusinessPartnerTaxNumber {
  key BusinessPartner : String(10);
  key BPTaxType       : String(4);
      BPTaxNumber     : String(20);
}

entity A_Product : Stamped {
  key Product             : String(40);
      ProductType         : String(4) @mandatory;
      ProductGroup        : String(9);
      BaseUnit            : String(3);
      GrossWeight         : Decimal(23, 3);
      NetWeight           : Decimal(23, 3);
      WeightUnit          : String(3);
      ProductStandardID   : String(18);
      ProductOldID        : String(100);
      IsMarkedForDeletion : Boolean default false;
      CreatedByUser       : String(12);
      to_Description      : Composition of many A_ProductDescription
                              on to_Description.Product = Product;
}

entity A_ProductDescription {
  key Product            : String(40);
  key Language           : String(2);
      ProductDescription : String(40);
}

entity MaterialBOM : Stamped {
  key BillOfMaterial                : String(8);
  key BillOfMaterialCategory        : String(1);
  key BillOfMaterialVariant         : String(2);
  key BillOfMaterialVersion         : String(4);
  key Material                      : String(40);
  key Plant                         : String(4);
      BillOfMaterialVariantUsage    : String(1);
      BillOfMaterialStatus          : String(2);
      HeaderValidityStartDate       : Date;
      HeaderValidityEndDate         : Date;
      BOMHeaderQuantityInBaseUnit   : Decimal(13, 3);
      BOMHeaderBaseUnit             : String(3);
      IsMarkedForDeletion           : Boolean default false;
      to_BillOfMaterialItem         : Composition of many MaterialBOMItem
                                        on  to_BillOfMaterialItem.BillOfMaterial         = BillOfMaterial
                                        and to_BillOfMaterialItem.BillOfMaterialCategory = BillOfMaterialCategory
                                        and to_BillOfMaterialItem.BillOfMaterialVariant  = BillOfMaterialVariant
                                        and to_BillOfMaterialItem.BillOfMaterialVersion  = BillOfMaterialVersion
                                        and to_BillOfMaterialItem.Material               = Material
                                        and to_BillOfMaterialItem.Plant                  = Plant;
}

entity MaterialBOMItem {
  key BillOfMaterial               : String(8);
  key BillOfMaterialCategory       : String(1);
  key BillOfMaterialVariant        : String(2);
  key BillOfMaterialVersion        : String(4);
  key Material                     : String(40);
  key Plant                        : String(4);
  key BillOfMaterialItemNodeNumber : String(8);
      BillOfMaterialItemNumber     : String(4);
      BillOfMaterialItemCategory   : String(1);
      BillOfMaterialComponent      : String(40);
      BillOfMaterialItemQuantity   : Decimal(13, 3);
      BillOfMaterialItemUnit       : String(3);
}

entity A_SalesOrder : Stamped {
  key SalesOrder                 : String(10);
      SalesOrderType             : String(4);
      SalesOrganization          : String(4);
      SoldToParty                : String(10);
      PurchaseOrderByCustomer    : String(35);
      SalesOrderDate             : Date;
      RequestedDeliveryDate      : Date;
      TransactionCurrency        : String(5);
      TotalNetAmount             : Decimal(16, 3);
      OverallSDProcessStatus     : String(1) default 'A';
      OverallDeliveryStatus      : String(1) default 'A';
      OverallOrdReltdBillgStatus : String(1) default 'A';
      YY1_ExternalKey_SDH        : String(100); // a field of the house, as key users add them
      to_Item                    : Composition of many A_SalesOrderItem
                                     on to_Item.SalesOrder = SalesOrder;
}

entity A_SalesOrderItem {
  key SalesOrder            : String(10);
  key SalesOrderItem        : String(6);
      Material              : String(40);
      RequestedQuantity     : Decimal(15, 3);
      RequestedQuantityUnit : String(3);
      NetAmount             : Decimal(16, 3);
}

entity A_BillingDocument : Stamped {
  key BillingDocument            : String(10);
      BillingDocumentType        : String(4);
      BillingDocumentDate        : Date;
      SoldToParty                : String(10);
      PurchaseOrderByCustomer    : String(35);
      TransactionCurrency        : String(5);
      TotalNetAmount             : Decimal(16, 3);
      TaxAmount                  : Decimal(14, 3);
      TotalGrossAmount           : Decimal(16, 3);
      InvoiceClearingStatus      : String(1) default 'A';
      BillingDocumentIsCancelled : Boolean default false;
      to_Item                    : Composition of many A_BillingDocumentItem
                                     on to_Item.BillingDocument = BillingDocument;
}

entity A_BillingDocumentItem {
  key BillingDocument     : String(10);
  key BillingDocumentItem : String(6);
      Material            : String(40);
      BillingQuantity     : Decimal(13, 3);
      BillingQuantityUnit : String(3);
      NetAmount           : Decimal(16, 3);
      SalesDocument       : String(10);
}

/** One service with everything: what S/4HANA spreads over several. Only people who log in may use it. */
@path: '/odata/v4/s4'
@requires: 'authenticated-user'
service S4 {
  entity A_BusinessPartner          as projection on s4.A_BusinessPartner;
  entity A_BusinessPartnerAddress   as projection on s4.A_BusinessPartnerAddress;
  entity A_BusinessPartnerTaxNumber as projection on s4.A_BusinessPartnerTaxNumber;
  entity A_Product                  as projection on s4.A_Product;
  entity A_ProductDescription       as projection on s4.A_ProductDescription;
  entity MaterialBOM                as projection on s4.MaterialBOM;
  entity MaterialBOMItem            as projection on s4.MaterialBOMItem;
  entity A_SalesOrder               as projection on s4.A_SalesOrder;
  entity A_SalesOrderItem           as projection on s4.A_SalesOrderItem;

  @readonly
  entity A_BillingDocument          as projection on s4.A_BillingDocument;

  @readonly
  entity A_BillingDocumentItem      as projection on s4.A_BillingDocumentItem;
}

/** What finance's own windows write: everybody else reads billing documents. */
@path: '/odata/v4/finance'
@requires: 'authenticated-user'
service Finance {
  entity A_BillingDocument     as projection on s4.A_BillingDocument;
  entity A_BillingDocumentItem as projection on s4.A_BillingDocumentItem;
}
