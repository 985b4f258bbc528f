import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Arrays;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * One call with a client certificate, by what the JDK has (11 or later).
 *
 *     java Rest.java https://archive.example/v1/me /etc/counterfoil/e-banking/java password-file
 *
 * The folder is what `counterfoil install java` made: keystore.p12 (the password of the file it came from) and
 * truststore.p12 (no password: it holds nothing secret).
 */
public class Rest {
	public static void main(String[] args) throws Exception {
		if (args.length != 3) {
			System.err.println("usage: Rest URL FOLDER PASSWORD-FILE");
			System.exit(2);
		}
		char[] password = Files.readAllLines(Path.of(args[2])).get(0).toCharArray();
		HttpClient client = HttpClient.newBuilder()
				.sslContext(contextOf(Path.of(args[1]).toRealPath(), password)) // one set, though the link may change
				.connectTimeout(Duration.ofSeconds(5))
				.build();
		Arrays.fill(password, '\0');
		HttpRequest request = HttpRequest.newBuilder(URI.create(args[0])).timeout(Duration.ofSeconds(30)).build();
		HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
		System.out.println(response.statusCode());
		System.out.println(response.body());
		System.exit(response.statusCode() < 300 ? 0 : 1);
	}

	/** Ours is the key store; servers must come from the CA of the trust store, and from no other. */
	private static SSLContext contextOf(Path folder, char[] password) throws Exception {
		KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
		keys.init(load(folder.resolve("keystore.p12"), password), password);
		TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
		trust.init(load(folder.resolve("truststore.p12"), null));
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
		return context;
	}

	private static KeyStore load(Path file, char[] password) throws Exception {
		KeyStore store = KeyStore.getInstance("PKCS12");
		try (InputStream in = Files.newInputStream(file)) {
			store.load(in, password);
		}
		return store;
	}
}
