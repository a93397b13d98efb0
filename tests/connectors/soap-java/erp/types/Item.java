package erp.types;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import javax.xml.bind.annotation.XmlAccessType;
import javax.xml.bind.annotation.XmlAccessorType;
import javax.xml.bind.annotation.XmlElement;
import javax.xml.bind.annotation.XmlSchemaType;
import javax.xml.bind.annotation.XmlType;
import javax.xml.datatype.XMLGregorianCalendar;

/** An item as its own schema declares it; all its elements are qualified. */
@XmlAccessorType(XmlAccessType.FIELD)
@XmlType(propOrder = {"number", "reference", "name", "price", "note", "lines", "version", "changed"})
public class Item {
    public String number;
    @XmlElement(nillable = true) public String reference;
    public String name;
    @XmlElement(nillable = true) public BigDecimal price;
    @XmlElement(nillable = true) public String note;
    @XmlElement(name = "line") public List<Line> lines = new ArrayList<>();
    public Long version;
    @XmlSchemaType(name = "dateTime") public XMLGregorianCalendar changed;

    @XmlAccessorType(XmlAccessType.FIELD)
    @XmlType(name = "Line", propOrder = {"position", "text"})
    public static class Line {
        public int position;
        public String text;
    }

    /** The same item, so that what is kept is nobody else's. */
    public Item copy() {
        Item made = new Item();
        made.number = number;
        made.reference = reference;
        made.name = name;
        made.price = price;
        made.note = note;
        made.lines = new ArrayList<>(lines);
        made.version = version;
        made.changed = changed;
        return made;
    }
}
