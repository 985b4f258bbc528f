# server: a TLS server, such as our own listeners.
# counterfoil-profile(5) explains each key; `counterfoild check` tells what this file makes.
[profile]
purpose = a TLS server, such as our own listeners

[key]
made = p256, p384, rsa2048, rsa3072
brought = p256, p384, rsa2048-4096

[life]
longest = 365d
backdate = 5m

[subject]
O = {organisation?}
CN = {host}

[san]
uri = none
hosts = yes

[usage]
key = digitalSignature
extended = serverAuth

[extensions]
path_length = none
ocsp_no_check = no

[addresses]
crl = {status}/crl/{issuing}.crl
issuer = {status}/ca/{issuing}.cer
ocsp = {status}/ocsp
