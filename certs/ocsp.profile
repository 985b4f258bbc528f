# ocsp: signs OCSP answers in the issuing CA's name (RFC 6960 4.2.2.2).
# counterfoil-profile(5) explains each key; `counterfoild check` tells what this file makes.
[profile]
purpose = signs OCSP answers in the issuing CA's name (RFC 6960 4.2.2.2)

[key]
made = p256, p384
brought = none

[life]
longest = 30d
backdate = 5m

[subject]
O = {organisation?}
CN = {name}

[san]
uri = none
hosts = no

[usage]
key = digitalSignature
extended = OCSPSigning

[extensions]
path_length = none
ocsp_no_check = yes

[addresses]
crl = {status}/crl/{issuing}.crl
issuer = {status}/ca/{issuing}.cer
ocsp = none
