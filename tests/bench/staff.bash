# staff: what staff ask of an installation with 100,000 orders, and as many certificates, of 300 organisations: over TLS on the
# members listener, from the request to the last byte of its answer, the 99th percentile.
# shellcheck shell=bash disable=SC2154

organisations=300 ordered=100000 looks=400

# One organisation in three has a service more; 20,000 contacts, and ten records of the audit an order.
fill_orders() {
	[ "$(database 'SELECT count(*) FROM orders')" -lt "$ordered" ] || return 0
	database 'PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA foreign_keys = OFF; BEGIN;' \
		"CREATE TEMP TABLE n (i INTEGER PRIMARY KEY);
		WITH RECURSIVE c (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < $ordered - 1) INSERT INTO n SELECT i FROM c;
		INSERT INTO organisation (id, slug, name, created_at)
			SELECT printf('og%014d', i), printf('org-%05d', i), printf('Organisation %05d', i), 1 FROM n WHERE i < $organisations;
		INSERT INTO service (id, organisation_id, slug, name, created_at)
			SELECT printf('sv%014d', i), printf('og%014d', i % $organisations), printf('service-%d', i / $organisations), 'Service', 1
			FROM n WHERE i < 4 * $organisations / 3;
		INSERT INTO client (id, service_id, slug, name, created_at)
			SELECT printf('cl%014d', i), printf('sv%014d', i % (4 * $organisations / 3)), printf('client-%d', i), printf('Client %05d', i), 1
			FROM n WHERE i < 30000;
		INSERT INTO contact (id, organisation_id, name, email, mobile, may_order, may_receive, created_at, changed_at)
			SELECT printf('ct%014d', i), printf('og%014d', i % $organisations), printf('Kari Nordmann %05d', i),
			printf('kari%05d@org.example', i), printf('+47900%05d', i), 1, 1, 1, 1 FROM n WHERE i < 20000;
		INSERT INTO word SELECT printf('%05d', i), 'contact', printf('ct%014d', i), printf('og%014d', i % $organisations) FROM n WHERE i < 20000
			UNION ALL SELECT 'kari', 'contact', printf('ct%014d', i), printf('og%014d', i % $organisations) FROM n WHERE i < 20000
			UNION ALL SELECT 'nordmann', 'contact', printf('ct%014d', i), printf('og%014d', i % $organisations) FROM n WHERE i < 20000
			UNION ALL SELECT printf('kari%05d@org.example', i), 'contact', printf('ct%014d', i), printf('og%014d', i % $organisations)
				FROM n WHERE i < 20000
			UNION ALL SELECT printf('900%05d', i), 'contact', printf('ct%014d', i), printf('og%014d', i % $organisations) FROM n WHERE i < 20000
			UNION ALL SELECT 'client', 'client', c.id, s.organisation_id FROM client c JOIN service s ON s.id = c.service_id
				WHERE c.id LIKE 'cl0%'
			UNION ALL SELECT printf('%05d', i), 'client', printf('cl%014d', i), (SELECT organisation_id FROM service
				WHERE id = printf('sv%014d', i % (4 * $organisations / 3))) FROM n WHERE i < 30000;
		INSERT INTO orders (id, client_id, contact_id, organisation_id, kind, state, state_at, facts, profile, key_type, note,
			ordered_by, created_at, due_at)
			SELECT printf('or%014d', i), c.id, printf('ct%014d', i % 20000), s.organisation_id,
			CASE i % 50 WHEN 0 THEN 'renewal' ELSE 'new' END,
			CASE i % 100 WHEN 0 THEN 'offered' WHEN 1 THEN 'cancelled' ELSE 'in_use' END, 1700000000 + i * 600,
			printf('{\"order\":\"%d\",\"email\":\"kari%d@org.example\",\"filler\":\"%s\"}', i, i, hex(randomblob(200))), 'client', 'p256', '',
			(SELECT id FROM staff LIMIT 1), 1700000000 + i * 600, CASE i % 10 WHEN 0 THEN 1700086400 + i * 600 END
			FROM n JOIN client c ON c.id = printf('cl%014d', i % 30000) JOIN service s ON s.id = c.service_id;
		INSERT INTO certificate (serial, issuer, kind, order_id, client_id, organisation_id, fingerprint, subject, not_before, not_after,
			der, status, created_at, key_hash)
			SELECT printf('4a%032x%06x', i * 7919, i), l.issuer, 'client', o.id, o.client_id, o.organisation_id, randomblob(32), l.subject,
			o.created_at, o.created_at + 63072000, l.der, CASE i % 40 WHEN 0 THEN 'revoked' ELSE 'valid' END, o.created_at, randomblob(32)
			FROM n JOIN orders o ON o.id = printf('or%014d', i), (SELECT * FROM certificate WHERE kind = 'client' AND der <> X'' LIMIT 1) l;
		INSERT INTO message (id, order_id, kind, channel, state, created_at, due_at, drop_after, attempts, sent_at)
			SELECT printf('ms%014d', i), printf('or%014d', i), 'link', 'mail', 'sent', 1700000000 + i * 600, 0, 0, 1, 1 FROM n;
		COMMIT; PRAGMA wal_checkpoint(TRUNCATE);" >/dev/null
}

# looked ROW PATH...: each as often as the others, on one connection.
looked() {
	local row=$1 i path config=$home/staff.curl
	shift
	for ((i = 0; i < looks / $#; i++)); do
		for path in "$@"; do
			printf 'url = "https://localhost:%s/v1/%s"\noutput = "/dev/null"\n' "$PORT_MEMBERS" "$path"
		done
	done >"$config"
	curl -sS --fail --cacert "$ca" --cert "$home/admin.pem" -w '%{time_total}\n' -K "$config" 2>"$home/curl.err" |
		sort -n | awk '{ t[NR] = $1 } END { if (!NR) exit 1; printf "%.0f\n", t[int((NR * 99 + 99) / 100)] * 1e6 }' >"$home/staff.p99" ||
		broken "$row"
	note "$row" product "$(cat "$home/staff.p99")"
	note "$row" bare 0
}
page_200() { # the cursor of that page of a hundred
	database "SELECT id FROM orders ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET 19899"
}

measure_staff() {
	local organisation='organisation=org-00017' serial fingerprint decimal client contact order
	progress "bench: $ordered orders"
	hold_product
	fill_orders
	let_go
	serial=$(database "SELECT serial FROM certificate WHERE serial LIKE '4a%' LIMIT 1 OFFSET 50000")
	fingerprint=$(database "SELECT hex(fingerprint) FROM certificate WHERE serial = '$serial'")
	decimal=$(python3 -c 'import sys; print(int(sys.argv[1], 16))' "$serial")
	client=$(database "SELECT g.slug || ' ' || s.slug || ' ' || c.slug FROM client c JOIN service s ON s.id = c.service_id
		JOIN organisation g ON g.id = s.organisation_id WHERE c.id = 'cl00000000000100'")
	contact=$(database "SELECT id FROM contact WHERE id LIKE 'ct0%' LIMIT 1 OFFSET 777")
	order=$(database "SELECT id FROM orders WHERE id NOT LIKE 'or0%' LIMIT 1")
	# shellcheck disable=SC2086
	set -- $client
	looked staff_list orders "orders?before=$(page_200)" certificates "certificates?status=valid" contacts clients organisations audit
	looked staff_filter 'orders?state=offered' "orders?$organisation" "orders?organisation=$1&service=$2" \
		"orders?organisation=$1&service=$2&client=$3" "orders?contact=$contact" 'orders?kind=renewal' 'orders?due_before=2026-11-01' \
		"certificates?$organisation" 'certificates?status=revoked' 'certificates?expires_before=2027-01-01' "contacts?$organisation"
	looked staff_search 'search?q=kari' 'search?q=kari%2000777' 'search?q=client%2000100' 'search?q=kari00777@' 'search?q=90000777' \
		"search?q=$order" "search?q=$serial" "search?q=${serial:0:12}" "search?q=$decimal" "search?q=$fingerprint" 'search?q=c' \
		'search?q=k%20zzz'
	looked staff_start status
}
