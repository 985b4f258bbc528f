"""One call with a client certificate, by requests.

	python3 rest_requests.py https://archive.example/v1/me /etc/counterfoil/e-banking/pem

The folder is what `counterfoil install pem` made. requests takes the key in the clear only, so key.pem must be the program's
alone (it is made so: 0600)."""

import sys
from pathlib import Path

import requests


def main(url, folder):
	folder = Path(folder).resolve()  # one set, though the link may change while it is read
	certificate = (str(folder / "chain.pem"), str(folder / "key.pem"))
	with requests.Session() as session:
		# by argument: REQUESTS_CA_BUNDLE in the environment would win over session.verify
		response = session.get(url, cert=certificate, verify=str(folder / "ca.pem"), timeout=(5, 30), allow_redirects=False)
	print(response.status_code)
	print(response.text)
	return 0 if response.ok else 1


if __name__ == "__main__":
	if len(sys.argv) != 3:
		sys.exit("usage: rest_requests.py URL FOLDER")
	try:
		sys.exit(main(*sys.argv[1:]))
	except requests.RequestException as error:
		sys.exit(f"rest: {error}")
