#!/bin/sh
# Makes every certificate here anew, with a new authority each time: its key is thrown away, so that nothing can be
# signed in its name afterwards. Needs openssl 1.1.1 or later; the tests themselves don't.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
touch "$work/index"

cat > "$work/openssl.cnf" <<END
[ca]
default_ca = authority
[authority]
database = $work/index
new_certs_dir = $work
rand_serial = yes
default_md = sha256
unique_subject = no
policy = any
[any]
commonName = supplied
[req]
distinguished_name = name
prompt = no
[name]
CN = replaced by -subj
[is_authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[localhost]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
[other_host]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:other.example
END

# certificate NAME SUBJECT SECTION FIRST-DAY LAST-DAY SIGNER-OPTIONS…
# The days are written out, so that the certificates are good on a machine whose clock is wrong by years, too.
certificate() {
    name=$1 subject=$2 section=$3 first=${4}000000Z last=${5}000000Z
    shift 5
    openssl req -new -config "$work/openssl.cnf" -key "$work/$name.key" -subj "/CN=$subject" -out "$work/$name.csr"
    openssl ca -batch -notext -config "$work/openssl.cnf" -extensions "$section" -startdate "$first" -enddate "$last" \
        "$@" -in "$work/$name.csr" -out "$work/$name.crt" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
}

for name in ca server expired wrong-host untrusted; do
    openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$work/$name.key"
done
by_itself() { certificate "$@" -selfsign -keyfile "$work/$1.key"; }
by_the_authority() { certificate "$@" -cert "$work/ca.crt" -keyfile "$work/ca.key"; }

by_itself ca "AMAPI test server authority" is_authority 20100101 21200101
by_itself untrusted localhost localhost 20200101 21200101
by_the_authority server localhost localhost 20200101 21200101
by_the_authority expired localhost localhost 20150101 20160101
by_the_authority wrong-host other.example other_host 20200101 21200101

cp "$work/ca.crt" ca.pem
for name in server expired wrong-host untrusted; do
    cat "$work/$name.crt" "$work/$name.key" > "$name.pem"
done
