package erp;

import com.sun.net.httpserver.BasicAuthenticator;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpServer;
import erp.types.Item;
import erp.types.Outcome;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.jws.WebMethod;
import javax.jws.WebParam;
import javax.jws.WebResult;
import javax.jws.WebService;
import javax.jws.soap.SOAPBinding;
import javax.xml.datatype.DatatypeFactory;
import javax.xml.datatype.XMLGregorianCalendar;
import javax.xml.ws.BindingType;
import javax.xml.ws.Endpoint;

/** Items of a small ERP on the stack that most Java systems are served by: JAX-WS, document/literal, WSDL in parts. */
@WebService(name = "Items", serviceName = "ItemService", portName = "ItemPort", targetNamespace = "urn:erp:items")
@SOAPBinding(parameterStyle = SOAPBinding.ParameterStyle.BARE)
@BindingType(javax.xml.ws.soap.SOAPBinding.SOAP11HTTP_BINDING)
public class Items {
    private static final String NS = "urn:erp:items";
    private final TreeMap<String, Item> items = new TreeMap<>();
    private long last = 0;

    private static XMLGregorianCalendar now() {
        try {
            String text = Instant.now().truncatedTo(ChronoUnit.MILLIS).toString();
            return DatatypeFactory.newInstance().newXMLGregorianCalendar(text);
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }

    private static long millis(XMLGregorianCalendar at) {
        return at.toGregorianCalendar().getTimeInMillis();
    }

    @WebMethod
    @WebResult(name = "pingResponse", targetNamespace = NS)
    public Messages.User ping(@WebParam(name = "ping", targetNamespace = NS) Messages.Nothing asked) {
        return new Messages.User();
    }

    @WebMethod
    @WebResult(name = "listResponse", targetNamespace = NS)
    public synchronized Messages.Items list(@WebParam(name = "list", targetNamespace = NS) Messages.Page asked) {
        return page(items.tailMap(asked.after, false).values().stream(), asked.limit);
    }

    @WebMethod
    @WebResult(name = "changedResponse", targetNamespace = NS)
    public synchronized Messages.Items changed(@WebParam(name = "changed", targetNamespace = NS) Messages.Page asked) {
        long from = millis(asked.since);
        Stream<Item> rows = items.values().stream()
                .filter(row -> millis(row.changed) > from || (millis(row.changed) == from && row.number.compareTo(asked.after) > 0))
                .sorted(Comparator.comparing((Item row) -> millis(row.changed)).thenComparing(row -> row.number));
        return page(rows, asked.limit);
    }

    private static Messages.Items page(Stream<Item> rows, int limit) {
        return Messages.Items.of(rows.limit(limit).map(Item::copy).collect(Collectors.toList()));
    }

    @WebMethod
    @WebResult(name = "readResponse", targetNamespace = NS)
    public synchronized Messages.Outcomes read(@WebParam(name = "read", targetNamespace = NS) Messages.Keys asked) {
        Messages.Outcomes said = new Messages.Outcomes();
        for (String number : asked.numbers) said.outcomes.add(found(row -> number.equals(row.number)));
        for (String reference : asked.references) said.outcomes.add(found(row -> reference.equals(row.reference)));
        return said;
    }

    private Outcome found(Predicate<Item> wanted) {
        Outcome outcome = Outcome.done("FOUND", null);
        outcome.all = items.values().stream().filter(wanted).map(Item::copy).collect(Collectors.toList());
        return outcome.all.isEmpty() ? Outcome.refused("NOT_FOUND", "there is no such item") : outcome;
    }

    @WebMethod
    @WebResult(name = "createResponse", targetNamespace = NS)
    public synchronized Messages.Outcomes create(@WebParam(name = "create", targetNamespace = NS) Messages.Items asked) {
        XMLGregorianCalendar now = now();
        Messages.Outcomes said = new Messages.Outcomes();
        for (Item item : asked.items) said.outcomes.add(createOne(item, now));
        return said;
    }

    private Outcome createOne(Item item, XMLGregorianCalendar now) {
        if (item.name == null || item.name.isBlank()) return Outcome.refused("RULE", "an item needs a name");
        if (item.name.length() > 80) return Outcome.refused("RULE", "a name has at most 80 characters");
        last += 1;
        item.number = String.format("%010d", last);
        item.version = 1L;
        item.changed = now;
        items.put(item.number, item);
        return Outcome.done("CREATED", item.copy());
    }

    @WebMethod
    @WebResult(name = "updateResponse", targetNamespace = NS)
    public synchronized Messages.Outcomes update(@WebParam(name = "update", targetNamespace = NS) Messages.Items asked) {
        XMLGregorianCalendar now = now();
        Messages.Outcomes said = new Messages.Outcomes();
        for (Item item : asked.items) said.outcomes.add(updateOne(item, now));
        return said;
    }

    private Outcome updateOne(Item asked, XMLGregorianCalendar now) {
        Item row = items.get(asked.number);
        if (row == null) return Outcome.refused("NOT_FOUND", "there is no such item");
        if (asked.version != null && !asked.version.equals(row.version)) return Outcome.refused("STALE", "the item was changed meanwhile");
        Item next = row.copy();
        if (asked.name != null) next.name = asked.name;
        if (asked.price != null) next.price = asked.price;
        if (asked.note != null) next.note = asked.note;
        boolean same = Objects.equals(next.name, row.name) && Objects.equals(next.price, row.price) && Objects.equals(next.note, row.note);
        if (same) return Outcome.done("UNCHANGED", row.copy());
        next.version = row.version + 1;
        next.changed = now;
        items.put(next.number, next);
        return Outcome.done("UPDATED", next.copy());
    }

    @WebMethod
    @WebResult(name = "removeResponse", targetNamespace = NS)
    public synchronized Messages.Nothing remove(@WebParam(name = "remove", targetNamespace = NS) Messages.Keys asked) throws Refused {
        String number = asked.numbers.get(0);
        if (number.equals("boom")) throw new IllegalStateException("a fault that no WSDL declares");
        if (items.remove(number) != null) return new Messages.Nothing();
        Refused.Reason reason = new Refused.Reason();
        reason.code = "NOT_FOUND";
        throw new Refused("there is no such item", reason);
    }

    /** Serves on a free port of loopback, for one user, and says where. */
    public static void main(String[] arguments) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newFixedThreadPool(4));
        HttpContext context = server.createContext("/erp/items");
        context.setAuthenticator(new BasicAuthenticator("erp") {
            @Override
            public boolean checkCredentials(String user, String password) {
                return user.equals("tally") && password.equals("tally-secret");
            }
        });
        Endpoint.create(new Items()).publish(context);
        server.start();
        System.out.println("ready on " + server.getAddress().getPort());
    }
}
