@javax.xml.bind.annotation.XmlSchema(
    namespace = "urn:erp:types", elementFormDefault = javax.xml.bind.annotation.XmlNsForm.QUALIFIED)
@javax.xml.bind.annotation.XmlAccessorType(javax.xml.bind.annotation.XmlAccessType.FIELD)
package erp.types;
