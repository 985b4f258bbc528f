# staff: a person who works with the console and the staff API.
# counterfoil-profile(5) explains each key; `counterfoild check` tells what this file makes.
[profile]
purpose = a person who works with the console and the staff API

[key]
made = p256, p384, rsa2048, rsa3072
brought = p256, p384, rsa2048-4096

[life]
longest = 730d
backdate = 5m

[subject]
O = {organisation}
OU = staff
CN = {name}

[san]
uri = spiffe://{domain}/staff/{staff}
hosts = no

[usage]
key = digitalSignature
extended = clientAuth

[extensions]
path_length = none
ocsp_no_check = no

[addresses]
crl = {status}/crl/{issuing}.crl
issuer = {status}/ca/{issuing}.cer
ocsp = {status}/ocsp
