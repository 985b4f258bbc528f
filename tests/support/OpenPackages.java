import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Security;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * PKCS#12 files as a Java program has them, many in one run.
 *
 *     java OpenPackages.java URL CA.pem RESULTS < LINES
 *
 * A line is NAME FILE PASSWORD-FILE. RESULTS gets NAME.today.* of this Java: alias, chain.pem, signs (the key signed, and the
 * certificate verifies that), status and body of a call to the URL; or refused, with the reason. Then NAME.old.* alike,
 * without the call, of a Java that knows no other password-based encryption and MAC than those before 8u301.
 */
public class OpenPackages {
	/** What a PKCS#12 by PBE-SHA1-3DES needs: Java 8 and 11 had these and RC2 until they got PBES2. */
	private static final Set<String> OLD = Set.of("PBE", "PBEWithSHA1AndDESede", "HmacPBESHA1");

	private static final class OldProvider extends Provider {
		private final transient Provider all;

		OldProvider(Provider all) {
			super("Old", "1", "what was there before PBES2");
			this.all = all;
		}

		@Override
		public Service getService(String type, String name) {
			return OLD.contains(name) ? all.getService(type, name) : null;
		}

		@Override
		public Set<Service> getServices() {
			return Set.of();
		}
	}

	public static void main(String[] args) throws Exception {
		List<String> lines = new String(System.in.readAllBytes()).lines().toList();
		for (String line : lines) {
			judge(line.split(" "), args, "today");
		}
		Provider today = Security.getProvider("SunJCE");
		Security.removeProvider(today.getName());
		Security.addProvider(new OldProvider(today));
		for (String line : lines) {
			judge(line.split(" "), args, "old");
		}
		System.exit(0);
	}

	private static void judge(String[] line, String[] args, String reader) throws Exception {
		String stem = Path.of(args[2], line[0] + "." + reader).toString();
		char[] password = Files.readAllLines(Path.of(line[2])).get(0).toCharArray();
		try {
			KeyStore store = open(Path.of(line[1]), password);
			tell(stem, store, password);
			if (reader.equals("today")) {
				HttpResponse<String> response = call(store, password, args[0], Path.of(args[1]));
				say(stem + ".status", Integer.toString(response.statusCode()));
				say(stem + ".body", response.body());
			}
		} catch (Exception e) {
			say(stem + ".refused", e + "\n" + e.getCause());
		}
	}

	private static KeyStore open(Path file, char[] password) throws Exception {
		KeyStore store = KeyStore.getInstance("PKCS12");
		try (InputStream in = Files.newInputStream(file)) {
			store.load(in, password);
		}
		return store;
	}

	private static void tell(String stem, KeyStore store, char[] password) throws Exception {
		String alias = store.aliases().nextElement();
		PrivateKey key = (PrivateKey) store.getKey(alias, password);
		StringBuilder chain = new StringBuilder();
		for (Certificate c : store.getCertificateChain(alias)) {
			chain.append("-----BEGIN CERTIFICATE-----\n")
					.append(java.util.Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(c.getEncoded()))
					.append("\n-----END CERTIFICATE-----\n");
		}
		say(stem + ".alias", store.size() == 1 ? alias : store.size() + " entries");
		say(stem + ".chain.pem", chain.toString());
		say(stem + ".signs", Boolean.toString(signs(key, store.getCertificate(alias))));
	}

	private static boolean signs(PrivateKey key, Certificate certificate) throws Exception {
		Signature signature = Signature.getInstance(key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA");
		byte[] text = "what the key's owner alone can sign".getBytes();
		signature.initSign(key);
		signature.update(text);
		byte[] signed = signature.sign();
		signature.initVerify(certificate);
		signature.update(text);
		return signature.verify(signed);
	}

	private static HttpResponse<String> call(KeyStore store, char[] password, String url, Path ca) throws Exception {
		KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
		keys.init(store, password);
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(keys.getKeyManagers(), trust(ca).getTrustManagers(), null);
		HttpClient client = HttpClient.newBuilder().sslContext(context).connectTimeout(Duration.ofSeconds(20)).build();
		HttpRequest request = HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(30)).build();
		return client.send(request, HttpResponse.BodyHandlers.ofString());
	}

	private static TrustManagerFactory trust(Path ca) throws Exception {
		KeyStore trusted = KeyStore.getInstance("PKCS12");
		trusted.load(null, null);
		try (InputStream in = Files.newInputStream(ca)) {
			trusted.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
		}
		TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
		trust.init(trusted);
		return trust;
	}

	private static void say(String file, String text) throws Exception {
		Files.writeString(Path.of(file), text + "\n");
	}
}
