# large: the installation of the bench with few certificates, as the other rows have it, then with very many: what grows with
# their number.
# shellcheck shell=bash disable=SC2154

few=10000 many=1000000 asked_for=500 starts=9

# The daemon ends and stays away until let_go; its sockets and its script remain.
hold_product() {
	touch "$dir.hold" "$dir.again"
	kill "$(cat "$dir.pid")"
	until_true test ! -e "$dir.pid"
}
let_go() {
	rm -f "$dir.hold"
	until_true test -e "$dir.pid"
	until_true ready
}

# fill COUNT: so many rows in all, each as large as the client's, of no order. The indexes are made anew behind them.
fill() {
	local had indexes drops of="FROM sqlite_master WHERE type = 'index' AND tbl_name = 'certificate' AND sql IS NOT NULL"
	had=$(database 'SELECT count(*) FROM certificate')
	[ "$had" -lt "$1" ] || return 0
	indexes=$(database "SELECT sql || ';' $of")
	drops=$(database "SELECT 'DROP INDEX ' || name || ';' $of")
	database 'PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; BEGIN;' \
		"$drops" \
		"INSERT INTO certificate (serial, issuer, kind, client_id, fingerprint, subject, not_before, not_after, der, status,
			created_at, key_hash)
		WITH RECURSIVE n (i) AS (SELECT $had + 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		SELECT printf('5c%038x', i), l.issuer, 'client', l.client_id, randomblob(32), l.subject, l.not_before, l.not_after,
			randomblob(length(l.der)), 'valid', l.created_at, randomblob(32)
		FROM n, (SELECT * FROM certificate WHERE kind = 'client' LIMIT 1) l;" \
		"$indexes COMMIT; PRAGMA wal_checkpoint(TRUNCATE);" >/dev/null
}

# make_questions COUNT: requests about certificates that lie evenly over so many, each with a nonce.
make_questions() {
	local i
	for ((i = 1; i <= asked_for; i++)); do
		openssl ocsp -issuer "$dir/ca/issuing.pem" -serial "0x$(printf '5c%038x' "$(($1 / 10 + i * $1 * 9 / 10 / asked_for))")" \
			-reqout "$home/question" 2>"$home/openssl.err"
		cat "$home/question"
	done >"$home/questions"
}

front_pid() { pgrep -P "$(cat "$dir.pid")" -f 'role front'; }

# Where it may, as on a quiet machine: ahead of whoever else wants a processor.
ahead() { if chrt -r 1 true 2>/dev/null; then chrt -r 1 "$@"; else "$@"; fi; }

measure_size() { # measure_size SIDE
	local round product ms
	# The first answer, from nothing: what it takes does not depend on what else the daemon is asked.
	while read -r ms _; do note start "$1" "$(awk -v ms="$ms" 'BEGIN { printf "%.0f", ms * 1000 }')"; done \
		< <(ahead "$build/tools/sockets" -- "$build/bench/start" "$build/counterfoild" "$dir/counterfoil.conf" \
			"$home/ocsp-plain" "$starts" 2>"$home/start.err")
	let_go
	rsa_full
	product=$(product_pids | tr '\n' ' ')
	for ((round = 1; round <= rounds; round++)); do
		ocsp large_signed "$1" "$product" "$PORT_STATUS" "$home/questions"
		members large_request "$1" "$requests" "$product" "$PORT_MEMBERS" requests
		members large_handshake "$1" "$handshakes" "$product" "$PORT_MEMBERS" handshakes
	done
	note large_front "$1" "$(rss_kb "$(front_pid)")"
}

measure_large() {
	local size side=bare
	for size in "$few" "$many"; do
		progress "bench: $size certificates"
		hold_product
		fill "$size"
		make_questions "$size"
		measure_size "$side"
		side=product
	done
}
