// One call with a client certificate, by what .NET has (8 or later). This file has not been run where Counterfoil is tested:
// there is no .NET on those machines.
//
//	dotnet run https://archive.example/v1/me e-banking.p12 password-file
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

if (args.Length != 3)
{
	Console.Error.WriteLine("usage: Rest URL FILE.p12 PASSWORD-FILE");
	return 2;
}

// The key goes into a file of the user's for as long as the process runs: SChannel cannot use one that is in memory alone.
var all = Open(args[1], File.ReadLines(args[2]).First());
var own = all.Single(certificate => certificate.HasPrivateKey);
var authorities = new X509Certificate2Collection(all.Where(certificate => !certificate.HasPrivateKey).ToArray());

// Servers must come from the CA in the file, and from no other; the host name is checked as always.
var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
trust.CustomTrustStore.AddRange(authorities);

using var handler = new SocketsHttpHandler
{
	AllowAutoRedirect = false,
	ConnectTimeout = TimeSpan.FromSeconds(5),
	SslOptions = new SslClientAuthenticationOptions
	{
		ClientCertificateContext = SslStreamCertificateContext.Create(own, authorities, offline: true),
		CertificateChainPolicy = trust,
		EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
	},
};
using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(30) };
using var response = await client.GetAsync(args[0]);
Console.WriteLine((int)response.StatusCode);
Console.WriteLine(await response.Content.ReadAsStringAsync());
return response.IsSuccessStatusCode ? 0 : 1;

// From .NET 9 on this is X509CertificateLoader.LoadPkcs12CollectionFromFile(file, password).
static X509Certificate2Collection Open(string file, string password)
{
	var collection = new X509Certificate2Collection();
	collection.Import(file, password);
	return collection;
}
