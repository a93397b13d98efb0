@javax.xml.bind.annotation.XmlSchema(
    namespace = "urn:erp:items", elementFormDefault = javax.xml.bind.annotation.XmlNsForm.QUALIFIED)
package erp;
