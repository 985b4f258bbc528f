"""One call with a client certificate, by httpx.

	python3 rest_httpx.py https://archive.example/v1/me /etc/counterfoil/e-banking/pem

The folder is what `counterfoil install pem` made."""

import ssl
import sys
from pathlib import Path

import httpx


def context_of(folder):
	"""Only servers of our CA are trusted; the chain is sent and the host name checked."""
	folder = Path(folder).resolve()  # one set, though the link may change while it is read
	context = ssl.create_default_context(cafile=folder / "ca.pem")
	context.load_cert_chain(folder / "chain.pem", folder / "key.pem")
	return context


def main(url, folder):
	with httpx.Client(verify=context_of(folder), timeout=httpx.Timeout(30, connect=5)) as client:
		response = client.get(url)
	print(response.status_code)
	print(response.text)
	return 0 if response.is_success else 1


if __name__ == "__main__":
	if len(sys.argv) != 3:
		sys.exit("usage: rest_httpx.py URL FOLDER")
	try:
		sys.exit(main(*sys.argv[1:]))
	except (httpx.HTTPError, OSError) as error:
		sys.exit(f"rest: {error}")
