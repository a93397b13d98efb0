package erp.types;

import java.util.ArrayList;
import java.util.List;
import javax.xml.bind.annotation.XmlAccessType;
import javax.xml.bind.annotation.XmlAccessorType;
import javax.xml.bind.annotation.XmlElement;
import javax.xml.bind.annotation.XmlType;

/** What became of one item; `all` where several were found. */
@XmlAccessorType(XmlAccessType.FIELD)
@XmlType(propOrder = {"status", "code", "message", "item", "all"})
public class Outcome {
    public String status;
    public String code;
    public String message;
    public Item item;
    @XmlElement(name = "found") public List<Item> all = new ArrayList<>();

    public static Outcome done(String status, Item item) {
        Outcome made = new Outcome();
        made.status = status;
        made.item = item;
        return made;
    }

    public static Outcome refused(String code, String message) {
        Outcome made = new Outcome();
        made.status = "REFUSED";
        made.code = code;
        made.message = message;
        return made;
    }
}
