package erp;

import javax.xml.ws.WebFault;

/** A fault that the WSDL declares. */
@WebFault(name = "Refused", targetNamespace = "urn:erp:items")
public class Refused extends Exception {
    private final Reason reason;

    public Refused(String message, Reason reason) {
        super(message);
        this.reason = reason;
    }

    public Reason getFaultInfo() {
        return reason;
    }

    public static class Reason {
        public String code;
    }
}
