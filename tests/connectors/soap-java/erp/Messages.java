package erp;

import erp.types.Item;
import erp.types.Outcome;
import java.util.ArrayList;
import java.util.List;
import javax.xml.bind.annotation.XmlAccessType;
import javax.xml.bind.annotation.XmlAccessorType;
import javax.xml.bind.annotation.XmlElement;
import javax.xml.bind.annotation.XmlSchemaType;
import javax.xml.bind.annotation.XmlType;
import javax.xml.datatype.XMLGregorianCalendar;

/** What requests and replies hold. */
public final class Messages {
    private Messages() {}

    @XmlAccessorType(XmlAccessType.FIELD)
    @XmlType(name = "Nothing")
    public static class Nothing {}

    @XmlAccessorType(XmlAccessType.FIELD)
    @XmlType(name = "User")
    public static class User {
        public String user = "tally";
    }

    @XmlAccessorType(XmlAccessType.FIELD)
    @XmlType(name = "Page", propOrder = {"since", "after", "limit"})
    public static class Page {
        @XmlSchemaType(name = "dateTime") public XMLGregorianCalendar since;
        public String after = "";
        public int limit;
    }

    @XmlAccessorType(XmlAccessType.FIELD)
    @XmlType(name = "Keys", propOrder = {"numbers", "references"})
    public static class Keys {
        @XmlElement(name = "number") public List<String> numbers = new ArrayList<>();
        @XmlElement(name = "reference") public List<String> references = new ArrayList<>();
    }

    @XmlAccessorType(XmlAccessType.FIELD)
    @XmlType(name = "Items")
    public static class Items {
        @XmlElement(name = "item") public List<Item> items = new ArrayList<>();

        public static Items of(List<Item> items) {
            Items made = new Items();
            made.items = items;
            return made;
        }
    }

    @XmlAccessorType(XmlAccessType.FIELD)
    @XmlType(name = "Outcomes")
    public static class Outcomes {
        @XmlElement(name = "outcome") public List<Outcome> outcomes = new ArrayList<>();
    }
}
