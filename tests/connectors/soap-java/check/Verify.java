package check;

import java.io.File;
import java.io.FileInputStream;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import javax.xml.crypto.KeySelector;
import javax.xml.crypto.dsig.Reference;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** Whether a message's signature fits a certificate, by Java's own XML signatures: `Verify message.xml certificate.pem`. Prints what is signed. */
public final class Verify {
    private static final String WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";

    private Verify() {}

    public static void main(String[] arguments) throws Exception {
        DocumentBuilderFactory builders = DocumentBuilderFactory.newInstance();
        builders.setNamespaceAware(true);
        Document message = builders.newDocumentBuilder().parse(new File(arguments[0]));
        PublicKey key = CertificateFactory.getInstance("X.509").generateCertificate(new FileInputStream(arguments[1])).getPublicKey();
        Element signature = (Element) message.getElementsByTagNameNS(XMLSignature.XMLNS, "Signature").item(0);
        DOMValidateContext context = new DOMValidateContext(KeySelector.singletonKeySelector(key), signature);
        NodeList all = message.getElementsByTagName("*");
        for (int at = 0; at < all.getLength(); at += 1) {
            Element element = (Element) all.item(at);
            if (element.hasAttributeNS(WSU, "Id")) element.setIdAttributeNS(WSU, "Id", true);
        }
        XMLSignature signed = XMLSignatureFactory.getInstance("DOM").unmarshalXMLSignature(context);
        List<String> names = new ArrayList<>();
        for (Iterator<?> at = signed.getSignedInfo().getReferences().iterator(); at.hasNext(); ) {
            String id = ((Reference) at.next()).getURI().substring(1);
            names.add(message.getElementById(id).getLocalName());
        }
        System.out.println((signed.validate(context) ? "valid" : "not valid") + " " + names);
    }
}
